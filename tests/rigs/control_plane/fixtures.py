"""Fixtures of the control-plane tests; `tests/conftest.py` loads this module as a plugin."""

import os
from collections.abc import Iterator

import pytest

from tests.rigs.control_plane.crds import create_definitions, serving_definitions
from tests.rigs.control_plane.kubectl import Kubectl
from tests.rigs.control_plane.server import ControlPlane, running_control_plane
from tests.rigs.control_plane.toolchain import RigUnavailableError


def skip_or_fail(error: RigUnavailableError) -> None:
    """Skip the test for the reason given; in CI (`CI=true`) fail it, since a skip would hide a gap."""
    reason = f"no control plane: {error}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    """A real API server with the CRDs that endpoints are made of, started once for the whole run."""
    try:
        with running_control_plane() as plane:
            create_definitions(plane.kubectl, serving_definitions())
            yield plane
    except RigUnavailableError as error:
        skip_or_fail(error)


@pytest.fixture(scope="session")
def kubectl(control_plane: ControlPlane) -> Kubectl:
    """kubectl as a cluster administrator."""
    return control_plane.kubectl


@pytest.fixture(scope="session")
def local_control_plane(control_plane: ControlPlane) -> ControlPlane:
    """The control plane, where its API server can call a webhook on this machine's loopback."""
    if not control_plane.is_local:
        skip_or_fail(RigUnavailableError("an existing cluster's API server cannot call a webhook on this machine"))
    return control_plane
