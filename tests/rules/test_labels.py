"""What labels say, which keys were meant to be others, and whose labels are nobody's business here."""

import pytest

from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.label_values import near_miss, states_ratio, states_total
from tests.rules.objects import judged, rules_of, shipped

GEMMA = "google/gemma-4-26B-A4B"


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("cost-center", "costCenter"),
        ("cost-center", "cost_center"),
        ("cost-center", "cost-centre"),
        ("cost-center", "CostCentre"),
        ("cost-center", "acme.com/cost-center"),
        ("cost-center", "cost-centr"),
        ("owner", "Owner"),
        ("owner", "team"),
        ("owner", "owned-by"),
        ("owner", "acme.com/owner"),
        ("owner", "onwer"),
        ("model-architecture", "modelArchitecture"),
        ("active-param-ratio", "active-params-ratio"),
        ("total-params", "total_parameters"),
    ],
)
def test_a_near_miss_is_named(label: str, key: str) -> None:
    assert near_miss(label, ["app", "environment", key, "version"]) == key


@pytest.mark.parametrize("label", ["owner", "cost-center"])
def test_unrelated_keys_are_no_near_miss(label: str) -> None:
    keys = ["app", "app.kubernetes.io/name", "environment", "tier", "networking.knative.dev/visibility", "release"]
    assert near_miss(label, keys) is None


def test_a_key_with_a_meaning_of_its_own_is_no_near_miss_of_another() -> None:
    assert near_miss("owner", ["cost-center", "model-architecture", "total-params"]) is None


@pytest.mark.parametrize("text", ["0.15", "0.2", "0.151", "0.152", "0.1515"])
def test_a_ratio_is_compared_at_its_own_precision(text: str) -> None:
    assert states_ratio(text, shipped(GEMMA))


@pytest.mark.parametrize(
    "text", ["0.27", "0.3", "0.18", "1", "1.00", "15", "0.15B", "15-percent", "", "nan", "0,15"]
)
def test_a_ratio_that_is_another_or_no_number_is_a_contradiction(text: str) -> None:
    assert not states_ratio(text, shipped(GEMMA))


@pytest.mark.parametrize("text", ["25.2B", "25B", "26B", "25.8B", "25.23b", "25200M", "0.025T"])
def test_a_total_is_compared_at_its_own_precision_with_or_without_the_vision_tower(text: str) -> None:
    assert states_total(text, shipped(GEMMA))


@pytest.mark.parametrize("text", ["4B", "24B", "27B", "25.2", "25.2M", "26 B", "A4B", "", "infB"])
def test_a_total_that_is_another_or_no_amount_is_a_contradiction(text: str) -> None:
    assert not states_total(text, shipped(GEMMA))


def labelled(labels: dict[str, object], model: str = GEMMA) -> ManifestObject:
    """Return an endpoint with exactly these labels."""
    container = {
        "name": "kserve-container",
        "image": "vllm/vllm-openai:v0.33.0",
        "args": [f"--model={model}"],
        "ports": [{"containerPort": 8000}],
    }
    return manifest_from_mapping({
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "endpoint", "labels": labels},
        "spec": {"predictor": {"containers": [container]}},
    })  # fmt: skip


FACTS: dict[str, object] = {"model-architecture": "moe", "active-param-ratio": "0.15", "total-params": "25.2B"}


def test_an_empty_label_is_a_missing_one() -> None:
    findings = judged(labelled({"owner": " ", "cost-center": "cc-1", **FACTS}))
    assert [(finding.field, finding.severity.value) for finding in findings] == [("metadata.labels.owner", "deny")]


def test_every_missing_label_is_told_at_once() -> None:
    assert rules_of(judged(labelled({}))) == [("NS501", "warn"), ("NS501", "deny"), ("NS501", "deny")]


def test_another_spelling_of_a_value_is_a_contradiction() -> None:
    findings = judged(labelled({"owner": "a", "cost-center": "b", **FACTS, "model-architecture": "MoE"}))
    assert [finding.fix for finding in findings] == ['set model-architecture to "moe"']


def test_facts_that_nobody_knows_contradict_nothing() -> None:
    unknown = labelled({"owner": "a", "cost-center": "b", "model-architecture": "dense"}, model="acme/unknown")
    assert judged(unknown) == ()


@pytest.mark.parametrize(
    "model_format", ["sklearn", "xgboost", "pytorch", "tensorflow", "onnx", "triton", "custom"]
)
def test_an_object_that_serves_no_language_model_is_not_touched(model_format: str) -> None:
    service = manifest_from_mapping({
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "other"},
        "spec": {"predictor": {"model": {"modelFormat": {"name": model_format}, "storageUri": "s3://models/other"}}},
    })  # fmt: skip
    assert judged(service) == ()


def test_a_container_that_runs_no_known_engine_is_not_touched() -> None:
    container = {"name": "kserve-container", "image": "acme/detector:3", "args": ["--model=x"]}
    service = manifest_from_mapping({
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "other"},
        "spec": {"predictor": {"containers": [container]}},
    })  # fmt: skip
    assert judged(service) == ()
