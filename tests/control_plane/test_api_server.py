import json
import os

import pytest

from tests.rigs.control_plane.crds import serving_definitions
from tests.rigs.control_plane.fixtures import skip_or_fail
from tests.rigs.control_plane.kubectl import Kubectl
from tests.rigs.control_plane.server import ControlPlane
from tests.rigs.control_plane.toolchain import KUBERNETES, RigUnavailableError, module_version

pytestmark = pytest.mark.control_plane


def test_it_is_ready(kubectl: Kubectl) -> None:
    assert kubectl.run("get", "--raw=/readyz").stdout == "ok"


def test_it_is_a_release_and_where_it_was_built_here_the_pinned_one(local_control_plane: ControlPlane) -> None:
    version = json.loads(local_control_plane.kubectl.must("version", "--output=json").stdout)["serverVersion"]
    assert version["gitVersion"].startswith(f"v{version['major']}.{version['minor']}.")
    if not os.environ.get("KUBEBUILDER_ASSETS"):
        assert version["gitVersion"] == module_version(KUBERNETES, "k8s.io/kubernetes")


def test_it_listens_on_the_loopback_only(local_control_plane: ControlPlane) -> None:
    config = json.loads(local_control_plane.kubectl.must("config", "view", "--output=json").stdout)
    assert config["clusters"][0]["cluster"]["server"].startswith("https://127.0.0.1:")


def test_every_definition_that_endpoints_are_made_of_is_established(kubectl: Kubectl) -> None:
    definitions = json.loads(kubectl.must("get", "crd", "--output=json").stdout)["items"]
    established = {
        definition["metadata"]["name"]
        for definition in definitions
        for condition in definition["status"]["conditions"]
        if condition["type"] == "Established" and condition["status"] == "True"
    }
    expected = {definition.name for definition in serving_definitions()}
    assert len(expected) == 21
    assert expected <= established


def test_its_definitions_have_their_full_schemas(kubectl: Kubectl) -> None:
    explained = kubectl.must("explain", "inferenceservices.spec.predictor.model.modelFormat.name")
    assert "FIELD: name <string>" in explained.stdout


def test_the_developer_has_no_rights_of_their_own(control_plane: ControlPlane) -> None:
    answer = control_plane.developer.run("get", "inferenceservices", "--namespace=default")
    assert answer.exit_code == 1
    assert 'User "developer" cannot list resource "inferenceservices"' in answer.stderr


def test_controllers_act_on_what_is_stored(control_plane: ControlPlane) -> None:
    if not control_plane.has_controllers:
        skip_or_fail(RigUnavailableError("KUBEBUILDER_ASSETS has no kube-controller-manager"))
    kubectl = control_plane.kubectl
    kubectl.must("create", "namespace", "short-lived")
    kubectl.must("delete", "namespace", "short-lived", "--timeout=60s")
    assert kubectl.run("get", "namespace", "short-lived").exit_code == 1
