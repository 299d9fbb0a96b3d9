"""pytest fixtures, once a session: ``backstage``, a real backend, and ``actions_service``, beside it.

``backstage`` is connected to the actions service and to the GitHub API of ``tests.rigs.github.fixtures``.
"""

import os
from collections.abc import Iterator
from typing import NoReturn

import pytest

from tests.rigs.backstage.backend import Surroundings, running_backend
from tests.rigs.backstage.client import Backstage, sign_in
from tests.rigs.backstage.install import BackstageUnavailableError, Installation, install
from tests.rigs.backstage.process import free_port
from tests.rigs.backstage.service import ActionsService
from tests.rigs.github.fixtures import TOKEN as GITHUB_TOKEN
from tests.rigs.github.server import GitHubServer

SERVICE_TOKEN = "static-token-of-the-proxy-0123456789"
TEMPLATES = ("model-endpoint", "model-endpoint-http")


@pytest.fixture(scope="session")
def backstage_port() -> int:
    """The port of Backstage, known before it runs since the actions service is told about it."""
    return free_port()


@pytest.fixture(scope="session")
def actions_service(backstage_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ActionsService]:
    """A running actions service that accepts the plugin tokens of ``backstage`` and one static token."""
    service = ActionsService(
        port=free_port(),
        backstage_url=f"http://127.0.0.1:{backstage_port}",
        token=SERVICE_TOKEN,
        directory=tmp_path_factory.mktemp("actions-service"),
    )
    try:
        service.start()
        yield service
    finally:
        service.stop()


@pytest.fixture(scope="session")
def backstage_installation() -> Installation:
    """The installed backend; without it the test is skipped, in CI it fails."""
    try:
        return install()
    except BackstageUnavailableError as error:
        _unavailable(f"no Backstage here: {error}")


@pytest.fixture(scope="session")
def backstage(
    backstage_installation: Installation,
    backstage_port: int,
    actions_service: ActionsService,
    github_api: GitHubServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Backstage]:
    """A running Backstage with the templates in its catalogue, seen by a signed-in developer."""
    surroundings = Surroundings(
        port=backstage_port,
        actions_service_url=actions_service.url,
        actions_service_token=actions_service.token,
        github_url=github_api.url,
        github_token=GITHUB_TOKEN,
    )
    with running_backend(backstage_installation, surroundings, tmp_path_factory.mktemp("backstage")):
        portal = sign_in(surroundings.url)
        for template in TEMPLATES:
            portal.wait_for_entity("template", template)
        yield portal


def _unavailable(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
