"""What an outage of the webhook costs, and the way out."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.deploy.conftest import Document
from tests.rigs.control_plane.certificates import new_authority
from tests.rigs.control_plane.kubectl import CommandResult, Kubectl
from tests.rigs.control_plane.processes import free_ports, wait_until
from tests.rigs.control_plane.server import ControlPlane
from tests.rigs.control_plane.webhook_registration import CONFIGURATION, FAIL_CLOSED, registered_webhook

pytestmark = pytest.mark.control_plane

OBJECTS = Path(__file__).parent / "objects"
OPEN = "fails-open"
CLOSED = "fails-closed"


@pytest.fixture(scope="module")
def namespaces(kubectl: Kubectl) -> Iterator[None]:
    for name in (OPEN, CLOSED):
        kubectl.must("create", "namespace", name)
    kubectl.must("label", "namespace", CLOSED, "neuroscale.dev/enforcement=fail")
    yield
    kubectl.must("delete", "namespace", OPEN, CLOSED, "--wait=false")


@pytest.fixture
def kubectl_while_down(local_control_plane: ControlPlane, namespaces: None) -> Iterator[Kubectl]:
    """kubectl of a cluster whose webhook is registered with the fail-closed overlay, and down."""
    authority = new_authority("webhook of the tests")
    (port,) = free_ports(1)
    with registered_webhook(local_control_plane, port=port, ca_bundle=authority.pem, kustomization=FAIL_CLOSED):
        yield local_control_plane.kubectl


def create_endpoint(kubectl: Kubectl, namespace: str) -> CommandResult:
    documents = yaml.safe_load_all((OBJECTS / "judged.yaml").read_text(encoding="utf-8"))
    stdin = json.dumps(next(documents))
    arguments = ("create", f"--namespace={namespace}", "--dry-run=server", "--filename=-")
    return kubectl.run(*arguments, stdin=stdin)


def test_endpoints_are_admitted_while_the_webhook_is_down(kubectl_while_down: Kubectl) -> None:
    answer = create_endpoint(kubectl_while_down, OPEN)
    assert (answer.exit_code, answer.stderr) == (0, "")


def test_a_namespace_that_fails_closed_admits_nothing_unjudged(kubectl_while_down: Kubectl) -> None:
    answer = create_endpoint(kubectl_while_down, CLOSED)
    assert answer.exit_code == 1
    assert 'failed calling webhook "validate-or-refuse.neuroscale.dev"' in answer.stderr
    assert "connect: connection refused" in answer.stderr


def test_our_own_server_is_installed_again_while_it_is_down(
    kubectl_while_down: Kubectl, base: list[Document]
) -> None:
    deployments = yaml.safe_dump_all(document for document in base if document["kind"] == "Deployment")
    answer = kubectl_while_down.must(
        "apply", "--server-side", "--dry-run=server", "--filename=-", stdin=deployments
    )
    assert answer.stdout.count("serverside-applied") == 3


def test_deleting_the_configuration_opens_every_namespace_at_once(kubectl_while_down: Kubectl) -> None:
    kubectl_while_down.must("delete", "validatingwebhookconfiguration", CONFIGURATION)
    wait_until(
        lambda: create_endpoint(kubectl_while_down, CLOSED).exit_code == 0,
        what="the closed namespace admits again",
        server=None,
    )
