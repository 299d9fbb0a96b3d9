"""What the API server is told: narrow rules, short time, open when nobody answers unless a namespace says else."""

from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import Document, render

OTHERS = {
    "kube-system", "kube-public", "kube-node-lease", "neuroscale", "kserve", "kyverno", "cert-manager", "keda",
}  # fmt: skip


def configuration(documents: list[Document]) -> Document:
    (only,) = [d for d in documents if d["kind"] == "ValidatingWebhookConfiguration"]
    return only


@pytest.fixture
def webhook(base: list[Document]) -> dict[str, Any]:
    return entries(configuration(base))["validate.neuroscale.dev"]


@pytest.fixture
def pods_webhook(base: list[Document]) -> dict[str, Any]:
    return entries(configuration(base))["validate-pods.neuroscale.dev"]


@pytest.fixture
def fail_closed(kustomize: Path) -> dict[str, dict[str, Any]]:
    return entries(configuration(render(kustomize, "overlays/fail-closed")))


def entries(document: Document) -> dict[str, dict[str, Any]]:
    return {webhook["name"]: webhook for webhook in document["webhooks"]}


def matched_by(webhook: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (group, version, resource)
        for rule in webhook["rules"]
        for group in rule["apiGroups"]
        for version in rule["apiVersions"]
        for resource in rule["resources"]
    }


def excluded_namespaces(webhook: dict[str, Any]) -> set[str]:
    (names,) = [
        set(e["values"])
        for e in webhook["namespaceSelector"]["matchExpressions"]
        if (e["key"], e["operator"]) == ("kubernetes.io/metadata.name", "NotIn")
    ]
    return names


def test_only_serving_and_autoscaling_kinds_are_matched(webhook: dict[str, Any]) -> None:
    assert matched_by(webhook) == {
        ("serving.kserve.io", "v1beta1", "inferenceservices"),
        ("serving.kserve.io", "v1alpha1", "llminferenceservices"),
        ("serving.kserve.io", "v1alpha2", "llminferenceservices"),
        ("serving.kserve.io", "v1alpha1", "servingruntimes"),
        ("serving.kserve.io", "v1alpha1", "clusterservingruntimes"),
        ("autoscaling", "v1", "horizontalpodautoscalers"),
        ("autoscaling", "v2", "horizontalpodautoscalers"),
        ("keda.sh", "v1alpha1", "scaledobjects"),
    }
    assert all(rule["operations"] == ["CREATE", "UPDATE"] for rule in webhook["rules"])


def test_of_the_kinds_that_make_pods_no_more_than_three_are_matched(pods_webhook: dict[str, Any]) -> None:
    assert matched_by(pods_webhook) == {
        ("apps", "v1", "deployments"),
        ("apps", "v1", "statefulsets"),
        ("leaderworkerset.x-k8s.io", "v1", "leaderworkersets"),
    }
    assert all(rule["operations"] == ["CREATE", "UPDATE"] for rule in pods_webhook["rules"])


def test_both_entries_are_alike_but_for_what_they_ask_about(
    webhook: dict[str, Any], pods_webhook: dict[str, Any]
) -> None:
    different = {"name", "rules", "matchConditions"}
    assert {key: value for key, value in webhook.items() if key not in different} == {
        key: value for key, value in pods_webhook.items() if key not in different
    }
    assert 0 < len(pods_webhook["matchConditions"]) < 10


def test_nobody_waits_long_and_nobody_is_blocked_by_an_outage(webhook: dict[str, Any]) -> None:
    assert webhook["failurePolicy"] == "Ignore"
    assert webhook["timeoutSeconds"] == 3


def test_other_versions_of_a_matched_kind_are_no_hole(webhook: dict[str, Any]) -> None:
    assert webhook["matchPolicy"] == "Equivalent"


def test_a_dry_run_is_judged_because_judging_changes_nothing(webhook: dict[str, Any]) -> None:
    assert webhook["sideEffects"] == "None"
    assert webhook["admissionReviewVersions"] == ["v1"]


def test_the_namespaces_that_keep_the_cluster_running_are_left_alone(webhook: dict[str, Any]) -> None:
    assert excluded_namespaces(webhook) == OTHERS


def test_conditions_stay_below_ten(webhook: dict[str, Any]) -> None:
    assert 0 < len(webhook["matchConditions"]) < 10


def test_the_api_server_calls_the_service(webhook: dict[str, Any]) -> None:
    assert webhook["clientConfig"] == {
        "service": {"name": "neuroscale-webhook", "namespace": "neuroscale", "port": 443, "path": "/validate"}
    }


def test_the_authority_is_injected_and_aks_keeps_its_hands_off(base: list[Document]) -> None:
    annotations = configuration(base)["metadata"]["annotations"]
    assert annotations["cert-manager.io/inject-ca-from"] == "neuroscale/neuroscale-webhook"
    assert annotations["admissions.enforcer/disabled"] == "true"


def test_the_configuration_can_be_applied_after_the_server_is_ready(kustomize: Path) -> None:
    steps = [render(kustomize, "base/server"), render(kustomize, "base/registration")]
    assert not [d for d in steps[0] if d["kind"] == "ValidatingWebhookConfiguration"]
    assert [d["kind"] for d in steps[1]] == ["ValidatingWebhookConfiguration"]


CLOSED = {
    "validate.neuroscale.dev": "validate-or-refuse.neuroscale.dev",
    "validate-pods.neuroscale.dev": "validate-pods-or-refuse.neuroscale.dev",
}


@pytest.mark.parametrize("name", CLOSED.values())
def test_a_labelled_namespace_is_closed_while_the_webhook_is_down(
    fail_closed: dict[str, dict[str, Any]], name: str
) -> None:
    entry = fail_closed[name]
    assert entry["failurePolicy"] == "Fail"
    label = {"key": "neuroscale.dev/enforcement", "operator": "In", "values": ["fail"]}
    assert label in entry["namespaceSelector"]["matchExpressions"]
    assert excluded_namespaces(entry) == OTHERS


@pytest.mark.parametrize("name", CLOSED)
def test_the_open_entry_leaves_labelled_namespaces_to_the_closed_one(
    fail_closed: dict[str, dict[str, Any]], name: str
) -> None:
    entry = fail_closed[name]
    assert entry["failurePolicy"] == "Ignore"
    label = {"key": "neuroscale.dev/enforcement", "operator": "NotIn", "values": ["fail"]}
    assert label in entry["namespaceSelector"]["matchExpressions"]
    assert excluded_namespaces(entry) == OTHERS


@pytest.mark.parametrize("name", CLOSED)
def test_an_entry_and_its_closed_one_judge_the_same_but_for_what_is_in_no_namespace(
    fail_closed: dict[str, dict[str, Any]], base: list[Document], name: str
) -> None:
    shipped = entries(configuration(base))[name]
    opened, closed = fail_closed[name], fail_closed[CLOSED[name]]
    assert set(fail_closed) == {*CLOSED, *CLOSED.values()}
    assert opened["rules"] == shipped["rules"]
    assert closed["rules"] == [rule for rule in shipped["rules"] if rule["scope"] == "Namespaced"]
    for field in ("matchConditions", "clientConfig", "timeoutSeconds", "matchPolicy", "sideEffects"):
        assert opened[field] == closed[field] == shipped[field]
