"""`deploy/` as documented, applied to a real API server."""

import json
from collections.abc import Iterator

import pytest

from tests.deploy.conftest import DEPLOY
from tests.rigs.control_plane.crds import certificate_definitions, create_definitions
from tests.rigs.control_plane.fixtures import skip_or_fail
from tests.rigs.control_plane.kubectl import CommandResult, Kubectl
from tests.rigs.control_plane.processes import wait_until
from tests.rigs.control_plane.server import ControlPlane
from tests.rigs.control_plane.toolchain import RigUnavailableError

pytestmark = pytest.mark.control_plane


@pytest.fixture(scope="module")
def certificates(applied_base: Kubectl) -> Iterator[CommandResult]:
    """What kubectl said when the cert-manager overlay was applied where cert-manager's kinds are known."""
    definitions = certificate_definitions()
    create_definitions(applied_base, definitions)
    yield applied_base.must("apply", "--server-side", "--kustomize", DEPLOY / "overlays" / "cert-manager")
    applied_base.must("delete", "crd", *(definition.name for definition in definitions))


def test_the_base_is_accepted_without_warnings_where_cert_manager_is_missing(
    first_application: CommandResult,
) -> None:
    assert "deployment.apps/neuroscale-webhook serverside-applied" in first_application.stdout
    assert first_application.stderr == ""


def test_the_fail_closed_overlay_is_accepted_over_the_base(applied_base: Kubectl) -> None:
    answer = applied_base.must("apply", "--server-side", "--kustomize", DEPLOY / "overlays" / "fail-closed")
    assert answer.stderr == ""
    columns = "jsonpath={.webhooks[*].failurePolicy}"
    stored = applied_base.must("get", "validatingwebhookconfiguration", "neuroscale", "--output", columns)
    assert stored.stdout == "Ignore Ignore Fail Fail"


def test_the_profile_signing_overlay_is_accepted_over_the_base(applied_base: Kubectl) -> None:
    answer = applied_base.must("apply", "--server-side", "--kustomize", DEPLOY / "overlays" / "profile-signing")
    assert answer.stderr == ""
    applied_base.must("apply", "--server-side", "--kustomize", DEPLOY / "base")


def test_the_base_takes_the_fail_closed_entry_back(applied_base: Kubectl) -> None:
    applied_base.must("apply", "--server-side", "--kustomize", DEPLOY / "overlays" / "fail-closed")
    applied_base.must("apply", "--server-side", "--kustomize", DEPLOY / "base")
    columns = "jsonpath={.webhooks[*].failurePolicy}"
    stored = applied_base.must("get", "validatingwebhookconfiguration", "neuroscale", "--output", columns)
    assert stored.stdout == "Ignore Ignore"


def test_the_certificates_are_what_cert_manager_understands(certificates: CommandResult) -> None:
    assert certificates.stderr == ""
    assert certificates.stdout.count("certificate.cert-manager.io/") == 2


def test_a_leaf_never_outlives_its_authority(kubectl: Kubectl, certificates: CommandResult) -> None:
    found = json.loads(kubectl.must("get", "certificates", "--namespace=neuroscale", "--output=json").stdout)
    specs = {item["metadata"]["name"]: item["spec"] for item in found["items"]}
    leaf, authority = specs["neuroscale-webhook"], specs["neuroscale-authority"]
    assert hours(leaf["duration"]) <= hours(authority["renewBefore"])
    # A renewed authority with another key would not vouch for the leaves that its predecessor signed.
    assert authority["privateKey"]["rotationPolicy"] == "Never"


def test_the_certificate_has_the_name_that_the_api_server_asks_for(
    kubectl: Kubectl, certificates: CommandResult
) -> None:
    columns = "jsonpath={.spec.dnsNames[0]} {.spec.secretName}"
    found = kubectl.must("get", "certificate/neuroscale-webhook", "--namespace=neuroscale", "--output", columns)
    assert found.stdout == "neuroscale-webhook.neuroscale.svc neuroscale-webhook-tls"


def test_pod_security_lets_the_pods_in(control_plane: ControlPlane, applied_base: Kubectl) -> None:
    if not control_plane.has_controllers:
        skip_or_fail(RigUnavailableError("KUBEBUILDER_ASSETS has no kube-controller-manager"))

    def pods_of_both_deployments_exist() -> bool:
        pods = json.loads(applied_base.must("get", "pods", "--namespace=neuroscale", "--output=json").stdout)
        names = [pod["metadata"]["labels"]["app.kubernetes.io/name"] for pod in pods["items"]]
        return names.count("neuroscale-actions") >= 2 and names.count("neuroscale-webhook") >= 2

    wait_until(pods_of_both_deployments_exist, what="two pods of each Deployment exist", server=None)


def hours(duration: str) -> int:
    assert duration.endswith("h")
    return int(duration[:-1])
