"""Which writes the API server asks the webhook about.

Nothing listens where the webhook should be, and the namespace is one that fails closed: a write that is asked
about is refused with the failed call, and a write that is admitted was not asked about.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.deploy.conftest import Document
from tests.rigs.control_plane.certificates import new_authority
from tests.rigs.control_plane.kubectl import CommandResult, Kubectl
from tests.rigs.control_plane.processes import free_ports
from tests.rigs.control_plane.server import ControlPlane
from tests.rigs.control_plane.webhook_registration import FAIL_CLOSED, registered_webhook

pytestmark = pytest.mark.control_plane

OBJECTS = Path(__file__).parent / "objects"
JUDGED: list[Document] = list(yaml.safe_load_all((OBJECTS / "judged.yaml").read_text(encoding="utf-8")))
NAMESPACE = "--namespace=asks-always"
STORED = "inferenceservice/stored"
ENDING = "inferenceservice/ending"
STORED_DEPLOYMENT = "deployment/stored"


@pytest.fixture(scope="module")
def kubectl_while_down(local_control_plane: ControlPlane) -> Iterator[Kubectl]:
    """kubectl of a cluster whose webhook is registered to fail closed, and down; objects were stored before."""
    kubectl = local_control_plane.kubectl
    kubectl.must("create", "namespace", "asks-always")
    kubectl.must("label", "namespace", "asks-always", "neuroscale.dev/enforcement=fail")
    # The account `default` comes from a controller, some time later.
    kubectl.must("create", NAMESPACE, "serviceaccount", "left-alone")
    for name, metadata in (("stored", {}), ("ending", {"finalizers": ["neuroscale.dev/test"]})):
        document = {**JUDGED[0], "metadata": {"name": name, "labels": {"owner": "team-a"}, **metadata}}
        kubectl.must("create", NAMESPACE, "--filename=-", stdin=json.dumps(document))
    kubectl.must("delete", NAMESPACE, ENDING, "--wait=false")
    deployment = next(document for document in JUDGED if document["kind"] == "Deployment")
    stored = {**deployment, "metadata": {"name": "stored"}, "spec": {**deployment["spec"], "replicas": 0}}
    kubectl.must("create", NAMESPACE, "--filename=-", stdin=json.dumps(stored))
    authority = new_authority("webhook of the tests")
    (port,) = free_ports(1)
    with registered_webhook(local_control_plane, port=port, ca_bundle=authority.pem, kustomization=FAIL_CLOSED):
        yield kubectl
    kubectl.run("patch", NAMESPACE, ENDING, "--type=merge", "--patch", '{"metadata": {"finalizers": null}}')
    kubectl.must("delete", "namespace", "asks-always", "--wait=false")


def was_asked(answer: CommandResult) -> bool:
    """Return whether the webhook was called; the write must have ended in one of the two ways."""
    called = (
        re.search(r'failed calling webhook "validate(-pods)?-or-refuse\.neuroscale\.dev"', answer.stderr)
        is not None
    )
    assert called or answer.exit_code == 0, answer.stderr
    return called


def change(kubectl: Kubectl, target: str, patch: str, *arguments: str) -> CommandResult:
    return kubectl.run("patch", NAMESPACE, target, "--type=merge", "--patch", patch, *arguments)


@pytest.mark.parametrize("document", JUDGED, ids=lambda d: f"{d['apiVersion']}-{d['kind']}".replace("/", "-"))
def test_a_new_serving_or_autoscaling_object_is_asked_about(
    kubectl_while_down: Kubectl, document: Document
) -> None:
    stdin = json.dumps(document)
    assert was_asked(kubectl_while_down.run("create", NAMESPACE, "--dry-run=server", "--filename=-", stdin=stdin))


def test_nothing_else_is_asked_about(kubectl_while_down: Kubectl) -> None:
    answer = kubectl_while_down.run(
        "create", NAMESPACE, "--dry-run=server", "--filename", OBJECTS / "left-alone.yaml"
    )
    assert not was_asked(answer)
    assert answer.stdout.count("created (server dry run)") == 7


@pytest.mark.parametrize(
    ("patch", "asked"),
    [
        ('{"spec": {"replicas": 2}}', False),
        ('{"metadata": {"finalizers": []}}', False),
        ('{"metadata": {"labels": {"owner": "team-b"}}}', True),
        ('{"spec": {"template": {"metadata": {"labels": {"tier": "chat"}}}}}', True),
        ('{"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "vllm:2"}]}}}}', False),
    ],
    ids=["replicas", "finalizers", "label", "template", "device-given-up"],
)
def test_a_deployment_is_asked_about_when_what_its_pods_are_made_from_changes(
    kubectl_while_down: Kubectl, patch: str, *, asked: bool
) -> None:
    assert was_asked(change(kubectl_while_down, STORED_DEPLOYMENT, patch, "--dry-run=server")) == asked


@pytest.mark.parametrize(
    "patch",
    [
        '{"spec": {"predictor": {"minReplicas": 2}}}',
        '{"metadata": {"labels": {"owner": "team-b"}}}',
        '{"metadata": {"labels": {"cost-center": "42"}}}',
        '{"metadata": {"labels": null}}',
        '{"metadata": {"annotations": {"neuroscale.dev/model-profile": "{}"}}}',
    ],
    ids=["spec", "label-changed", "label-added", "labels-removed", "annotation-added"],
)
def test_a_change_that_rules_read_is_asked_about(kubectl_while_down: Kubectl, patch: str) -> None:
    assert was_asked(change(kubectl_while_down, STORED, patch))


def test_a_change_of_finalizers_is_not_asked_about(kubectl_while_down: Kubectl) -> None:
    patch = '{"metadata": {"finalizers": ["neuroscale.dev/test"]}}'
    assert not was_asked(change(kubectl_while_down, STORED, patch))
    assert not was_asked(change(kubectl_while_down, STORED, '{"metadata": {"finalizers": null}}'))


def test_a_change_of_status_is_not_asked_about(kubectl_while_down: Kubectl) -> None:
    patch = '{"status": {"url": "http://chat.example.com"}}'
    assert not was_asked(change(kubectl_while_down, STORED, patch, "--subresource=status"))


def test_an_object_that_is_being_deleted_is_not_asked_about(kubectl_while_down: Kubectl) -> None:
    patch = '{"metadata": {"labels": {"owner": "team-b"}}}'
    assert not was_asked(change(kubectl_while_down, ENDING, patch))


def test_a_deletion_is_not_asked_about(kubectl_while_down: Kubectl) -> None:
    assert not was_asked(kubectl_while_down.run("delete", NAMESPACE, STORED, "--dry-run=server"))


@pytest.mark.parametrize(
    "account",
    [
        "kserve:kserve-controller-manager",
        "kserve:llmisvc-controller-manager",
        "keda:keda-operator",
        "kube-system:generic-garbage-collector",
    ],
)
def test_what_a_controller_derives_is_not_asked_about(kubectl_while_down: Kubectl, account: str) -> None:
    controller = kubectl_while_down.impersonating(f"system:serviceaccount:{account}", "system:masters")
    autoscaler = next(d for d in JUDGED if d["apiVersion"] == "autoscaling/v2")
    stdin = json.dumps(autoscaler)
    assert not was_asked(controller.run("create", NAMESPACE, "--dry-run=server", "--filename=-", stdin=stdin))


def test_another_account_of_the_same_namespace_is_asked_about(kubectl_while_down: Kubectl) -> None:
    other = kubectl_while_down.impersonating("system:serviceaccount:kserve:default", "system:masters")
    stdin = json.dumps(JUDGED[0])
    assert was_asked(other.run("create", NAMESPACE, "--dry-run=server", "--filename=-", stdin=stdin))
