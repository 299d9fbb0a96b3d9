"""The API server calls the webhook by its Service and checks the certificate against the Service's name."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.deploy.conftest import DEPLOY, Document
from tests.rigs.control_plane.certificates import CertificateAuthority, issue, new_authority
from tests.rigs.control_plane.kubectl import CommandResult, Kubectl
from tests.rigs.control_plane.processes import answers_ok, free_ports, running, wait_until
from tests.rigs.control_plane.server import ControlPlane
from tests.rigs.control_plane.webhook_registration import FAIL_CLOSED, SERVER_NAME, registered_webhook

pytestmark = pytest.mark.control_plane

OBJECTS = Path(__file__).parent / "objects"
NAMESPACE = "judged-over-tls"


@pytest.fixture(scope="module")
def kubectl_in_closed_namespace(kubectl: Kubectl) -> Iterator[Kubectl]:
    kubectl.must("create", "namespace", NAMESPACE)
    kubectl.must("label", "namespace", NAMESPACE, "neuroscale.dev/enforcement=fail")
    yield kubectl
    kubectl.must("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.fixture(scope="module")
def authority() -> CertificateAuthority:
    return new_authority("webhook of the tests")


@pytest.fixture(scope="module")
def webhook_port(authority: CertificateAuthority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The TLS port of the real webhook, started with the options of the shipped Deployment."""
    directory = tmp_path_factory.mktemp("webhook")
    pair = issue(authority, directory, names=[SERVER_NAME])
    port, health_port = free_ports(2)
    replaced = {
        "--host": "127.0.0.1",
        "--health-host": "127.0.0.1",
        "--port": str(port),
        "--health-port": str(health_port),
        "--certificate": str(pair.certificate_file),
        "--key": str(pair.key_file),
    }
    container = shipped_container()
    options = dict(zip(container["args"][::2], container["args"][1::2], strict=True))
    assert replaced.keys() <= options.keys()
    arguments = [part for option, value in (options | replaced).items() for part in (option, value)]
    # No service account is mounted here, so the webhook cannot watch the cluster.
    command = [sys.executable, *container["command"][1:], *arguments, "--no-cluster"]
    with running("webhook", command, log_file=directory / "webhook.log") as server:
        url = f"http://127.0.0.1:{health_port}/readyz"
        wait_until(lambda: answers_ok(url), what="the webhook is ready", server=server)
        yield port


def shipped_container() -> Document:
    documents = yaml.safe_load_all((DEPLOY / "base" / "server" / "webhook.yaml").read_text(encoding="utf-8"))
    (deployment,) = [document for document in documents if document["kind"] == "Deployment"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert isinstance(container, dict)
    return container


def create_endpoint(kubectl: Kubectl) -> CommandResult:
    endpoint = next(yaml.safe_load_all((OBJECTS / "judged.yaml").read_text(encoding="utf-8")))
    arguments = ("create", f"--namespace={NAMESPACE}", "--dry-run=server", "--filename=-")
    return kubectl.run(*arguments, stdin=json.dumps(endpoint))


def test_the_api_server_accepts_a_certificate_for_the_service(
    local_control_plane: ControlPlane,
    kubectl_in_closed_namespace: Kubectl,
    webhook_port: int,
    authority: CertificateAuthority,
) -> None:
    with registered_webhook(
        local_control_plane, port=webhook_port, ca_bundle=authority.pem, kustomization=FAIL_CLOSED
    ):
        answer = create_endpoint(kubectl_in_closed_namespace)
    assert "failed calling webhook" not in answer.stderr


def test_the_api_server_refuses_a_certificate_of_another_authority(
    local_control_plane: ControlPlane, kubectl_in_closed_namespace: Kubectl, webhook_port: int
) -> None:
    stranger = new_authority("nobody that signed it")
    with registered_webhook(
        local_control_plane, port=webhook_port, ca_bundle=stranger.pem, kustomization=FAIL_CLOSED
    ):
        answer = create_endpoint(kubectl_in_closed_namespace)
    assert answer.exit_code == 1
    assert "x509: certificate signed by unknown authority" in answer.stderr
