"""Starts the installed Backstage backend with the configuration an adopter would give it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rigs.backstage.install import PROJECT, SOURCE, Installation
from tests.rigs.backstage.process import RunningProcess, start

TEMPLATES = PROJECT / "backstage-templates"
# Backstage merges its configuration files in this order: the rig's portal, then what our documentation tells an
# adopter to add to theirs, unchanged.
CONFIGURATION_FILES = (
    SOURCE / "app-config.yaml",
    TEMPLATES / "app-config.neuroscale.yaml",
    TEMPLATES / "app-config.neuroscale-proxy.yaml",
)
READY_MARKER = "BACKSTAGE_READY"
READY_TIMEOUT_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the backend is connected to.

    Attributes:
        port: The loopback port it listens on.
        actions_service_url: Root of the actions service.
        actions_service_token: The token that the proxy sends to the actions service.
        github_url: Root of the server with GitHub's API.
        github_token: The token for it.
        templates_file: The catalogue file that names the templates.
    """

    port: int
    actions_service_url: str
    actions_service_token: str
    github_url: str
    github_token: str
    templates_file: Path = TEMPLATES / "all-templates.yaml"

    @property
    def url(self) -> str:
        """Root of the backend."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running_backend(
    installation: Installation, surroundings: Surroundings, directory: Path
) -> Iterator[RunningProcess]:
    """Run the backend until the context ends; its log and its workspaces go to ``directory``.

    Raises:
        ProcessFailedError: It did not become ready.
    """
    workspaces = directory / "workspaces"
    workspaces.mkdir()
    environment = {
        "NODE_ENV": "development",
        "LOG_LEVEL": "info",
        "NEUROSCALE_ACTIONS_URL": surroundings.actions_service_url,
        "NEUROSCALE_ACTIONS_TOKEN": surroundings.actions_service_token,
        "RIG_BACKSTAGE_URL": surroundings.url,
        "RIG_BACKSTAGE_LISTEN": f"127.0.0.1:{surroundings.port}",
        "RIG_WORKING_DIRECTORY": str(workspaces),
        "RIG_GITHUB_URL": surroundings.github_url,
        "RIG_GITHUB_TOKEN": surroundings.github_token,
        "RIG_ORGANIZATION_FILE": str(SOURCE / "org.yaml"),
        "RIG_TEMPLATES_FILE": str(surroundings.templates_file),
    }
    options = [argument for file in CONFIGURATION_FILES for argument in ("--config", str(file))]
    process = start(
        "Backstage",
        [installation.node, "index.js", *options],
        directory / "backstage.log",
        installation.directory,
        environment,
    )
    try:
        process.wait_until(lambda: READY_MARKER in process.output(), READY_TIMEOUT_SECONDS)
        yield process
    finally:
        process.stop()
