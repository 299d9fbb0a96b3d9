"""A cluster that is guarded as in production: the shipped configuration, the shipped rights, the real service."""

import http.client
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.rigs.backstage.process import RunningProcess, free_port, start
from tests.rigs.control_plane.certificates import issue, new_authority
from tests.rigs.control_plane.kubectl import Kubectl
from tests.rigs.control_plane.server import ControlPlane
from tests.rigs.control_plane.toolchain import REPOSITORY_DIRECTORY
from tests.rigs.control_plane.webhook_registration import BASE, NAMESPACE, SERVER_NAME, registered_webhook

SERVICE_ACCOUNT = "neuroscale-webhook"
READY_WITHIN_SECONDS = 30


@dataclass(frozen=True, slots=True)
class GuardedCluster:
    """A cluster whose API server asks the webhook.

    Attributes:
        kubectl: Acts as an administrator, whom the webhook judges like anyone.
        webhook: The running webhook.
    """

    kubectl: Kubectl
    webhook: RunningProcess

    def make_namespace(self, name: str) -> str:
        """Create the namespace unless it exists, and return its name."""
        document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        self.kubectl.must("apply", "--server-side", "--filename=-", stdin=json.dumps(document))
        return name


@pytest.fixture(scope="package")
def guarded_cluster(
    local_control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GuardedCluster]:
    """The webhook, running with its own service account's rights and registered in its service form."""
    directory = tmp_path_factory.mktemp("webhook")
    authority = new_authority("neuroscale tests")
    pair = issue(authority, directory, names=[SERVER_NAME])
    port, health_port = free_port(), free_port()
    kubeconfig = write_service_account_kubeconfig(local_control_plane, directory)
    webhook = start(
        "the webhook",
        [
            sys.executable, "-m", "admission_webhook", "--port", str(port), "--health-port", str(health_port),
            "--certificate", pair.certificate_file, "--key", pair.key_file, "--dns-name", SERVER_NAME,
            "--kubeconfig", kubeconfig, "--drain-seconds", "0",
        ],
        directory / "webhook.log",
        REPOSITORY_DIRECTORY,
        {},
    )  # fmt: skip
    try:
        webhook.wait_until(lambda: _is_ready(health_port), READY_WITHIN_SECONDS)
        with registered_webhook(local_control_plane, port=port, ca_bundle=authority.pem):
            yield GuardedCluster(local_control_plane.kubectl, webhook)
    finally:
        webhook.stop()


def write_service_account_kubeconfig(control_plane: ControlPlane, directory: Path) -> Path:
    """Grant the webhook's service account its shipped rights and write a kubeconfig that acts as it."""
    kubectl = control_plane.kubectl
    rendered = list(yaml.safe_load_all(kubectl.must("kustomize", BASE).stdout))
    granted = ("Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
    documents = [document for document in rendered if document["kind"] in granted]
    kubectl.must("apply", "--server-side", "--force-conflicts", "--filename=-", stdin=yaml.safe_dump_all(documents))
    token = kubectl.must("create", "token", SERVICE_ACCOUNT, f"--namespace={NAMESPACE}").stdout.strip()
    kubeconfig = yaml.safe_load(control_plane.kubeconfig.read_text(encoding="utf-8"))
    for user in kubeconfig["users"]:
        user["user"] = {"token": token}
    path = directory / "service-account.kubeconfig"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        yaml.safe_dump(kubeconfig, file)
    return path


def _is_ready(health_port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", health_port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
