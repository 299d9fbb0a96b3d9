import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rigs.control_plane.fixtures import skip_or_fail
from tests.rigs.control_plane.kubectl import CommandResult, Kubectl, find_kubectl
from tests.rigs.control_plane.toolchain import REPOSITORY_DIRECTORY, RigUnavailableError

DEPLOY = REPOSITORY_DIRECTORY / "deploy"

Document = dict[str, Any]


@pytest.fixture(scope="session")
def kustomize() -> Path:
    """kubectl, which renders kustomizations without any cluster."""
    try:
        return find_kubectl()
    except RigUnavailableError as error:
        skip_or_fail(error)
        raise


def render(kubectl_binary: Path, folder: str) -> list[Document]:
    """Return the objects of a kustomization below `deploy/`."""
    rendered = subprocess.run(
        [kubectl_binary, "kustomize", DEPLOY / folder], capture_output=True, text=True, check=True
    )
    return list(yaml.safe_load_all(rendered.stdout))


@pytest.fixture(scope="session")
def base(kustomize: Path) -> list[Document]:
    """The objects of `deploy/base`."""
    return render(kustomize, "base")


@pytest.fixture(scope="module")
def first_application(kubectl: Kubectl) -> Iterator[CommandResult]:
    """What kubectl said when `deploy/base` was applied as the documentation says."""
    yield kubectl.must("apply", "--server-side", "--kustomize", DEPLOY / "base")
    remove(kubectl, render(kubectl.binary, "base"))


@pytest.fixture(scope="module")
def applied_base(kubectl: Kubectl, first_application: CommandResult) -> Kubectl:
    """The API server with `deploy/base` applied."""
    return kubectl


def remove(kubectl: Kubectl, documents: list[Document]) -> None:
    """Delete what was applied, but not the namespace, which other tests go on using."""
    stdin = yaml.safe_dump_all(document for document in documents if document["kind"] != "Namespace")
    kubectl.must("delete", "--filename=-", "--ignore-not-found", stdin=stdin)
