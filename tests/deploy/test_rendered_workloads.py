"""What every pod of ours is, whatever the cluster: restricted, bounded, spread, and drained before it ends."""

from typing import Any

import pytest

from tests.deploy.conftest import Document

WORKLOADS = ("neuroscale-actions", "neuroscale-webhook")


def object_named(documents: list[Document], kind: str, name: str) -> Document:
    found = [d for d in documents if d["kind"] == kind and d["metadata"]["name"] == name]
    assert len(found) == 1, f"{len(found)} objects are {kind}/{name}"
    return found[0]


@pytest.fixture(params=WORKLOADS)
def deployment(request: pytest.FixtureRequest, base: list[Document]) -> Document:
    return object_named(base, "Deployment", request.param)


@pytest.fixture
def pod(deployment: Document) -> dict[str, Any]:
    spec: dict[str, Any] = deployment["spec"]["template"]["spec"]
    return spec


@pytest.fixture
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (only,) = pod["containers"]
    assert isinstance(only, dict)
    return only


def test_two_replicas_are_replaced_without_ever_being_fewer(deployment: Document) -> None:
    assert deployment["spec"]["replicas"] >= 2
    assert deployment["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
    }


def test_replicas_are_spread_over_hosts_and_zones(pod: dict[str, Any]) -> None:
    constraints = pod["topologySpreadConstraints"]
    assert {c["topologyKey"] for c in constraints} == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}


def test_the_spread_counts_the_pods_of_its_own_deployment(deployment: Document, pod: dict[str, Any]) -> None:
    own_labels = deployment["spec"]["selector"]["matchLabels"].items()
    assert own_labels <= deployment["spec"]["template"]["metadata"]["labels"].items()
    for constraint in pod["topologySpreadConstraints"]:
        assert constraint["labelSelector"]["matchLabels"].items() == own_labels


def test_connections_are_drained_before_the_pod_is_killed(pod: dict[str, Any], container: dict[str, Any]) -> None:
    assert container["lifecycle"]["preStop"]["sleep"]["seconds"] >= 5
    assert pod["terminationGracePeriodSeconds"] == 30


def test_the_container_is_confined(pod: dict[str, Any], container: dict[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 65534
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_resources_are_requested_and_memory_is_limited(container: dict[str, Any]) -> None:
    assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
    assert container["resources"]["limits"]["memory"] == {"webhook": "512Mi", "actions": "1Gi"}[container["name"]]


def test_probes_ask_over_plain_http(container: dict[str, Any]) -> None:
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    plain_port = {"webhook": 8081, "actions": 8080}[container["name"]]
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        probe = container[name]
        assert "tcpSocket" not in probe
        assert ports[probe["httpGet"]["port"]] == plain_port
        assert probe["httpGet"].get("scheme", "HTTP") == "HTTP"


def test_service_variables_cannot_be_taken_for_options(pod: dict[str, Any]) -> None:
    assert pod["enableServiceLinks"] is False


def test_the_image_has_a_version(container: dict[str, Any]) -> None:
    assert container["image"].partition(":")[2] not in {"", "latest"}


def test_a_disruption_takes_one_pod_at_most(base: list[Document], deployment: Document) -> None:
    budget = object_named(base, "PodDisruptionBudget", deployment["metadata"]["name"])
    assert budget["spec"]["maxUnavailable"] == 1
    assert budget["spec"]["selector"] == deployment["spec"]["selector"]


def test_the_priority_class_exists(base: list[Document], pod: dict[str, Any]) -> None:
    object_named(base, "PriorityClass", pod["priorityClassName"])


def test_the_actions_service_holds_no_cluster_token(base: list[Document]) -> None:
    pod = object_named(base, "Deployment", "neuroscale-actions")["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    account = object_named(base, "ServiceAccount", pod["serviceAccountName"])
    assert account["automountServiceAccountToken"] is False


def test_the_namespace_enforces_restricted_pods(base: list[Document]) -> None:
    labels = object_named(base, "Namespace", "neuroscale")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_every_namespaced_object_is_in_our_namespace(base: list[Document]) -> None:
    cluster_scoped = {
        "Namespace", "ClusterRole", "ClusterRoleBinding", "PriorityClass", "ValidatingWebhookConfiguration",
    }  # fmt: skip
    elsewhere = [
        (d["kind"], d["metadata"]["name"])
        for d in base
        if d["kind"] not in cluster_scoped and d["metadata"].get("namespace") != "neuroscale"
    ]
    assert elsewhere == []


def test_the_webhook_service_leads_to_the_tls_port(base: list[Document]) -> None:
    service = object_named(base, "Service", "neuroscale-webhook")["spec"]
    deployment = object_named(base, "Deployment", "neuroscale-webhook")["spec"]
    assert [port["port"] for port in service["ports"]] == [443]
    (container,) = deployment["template"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports[service["ports"][0]["targetPort"]] == 8443
    assert service["selector"].items() <= deployment["template"]["metadata"]["labels"].items()
