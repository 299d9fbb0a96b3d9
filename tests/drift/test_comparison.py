"""Drift is what the rules would read otherwise: not a spelling, not a default, and nothing that no rule reads."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neuroscale.drift.comparison import Drift, compare
from neuroscale.drift.last_applied import LAST_APPLIED_ANNOTATION, last_applied
from neuroscale.manifests.documents import load_manifests, manifest_from_mapping
from neuroscale.manifests.object import ManifestObject

FIXTURES = Path(__file__).parent / "fixtures"
Body = dict[str, Any]


def objects(file: str) -> tuple[ManifestObject, ...]:
    """Return the objects of a fixture."""
    return load_manifests((FIXTURES / file).read_text(encoding="utf-8"), file)


DECLARED, OBSERVED = objects("declared.yaml"), objects("observed.yaml")


def observed_with(kind: str, change: Callable[[Body], None]) -> list[ManifestObject]:
    """Return what runs, with a change of the object of a kind."""
    bodies = [copy.deepcopy(dict(each.body)) for each in OBSERVED]
    change(next(body for body in bodies if body["kind"] == kind))
    return [manifest_from_mapping(body) for body in bodies]


def changes(drift: Drift) -> list[tuple[str, str, str | None, str | None]]:
    """Return what drifted, in the order of the facts."""
    return [(fact.part, fact.name, fact.declared, fact.observed) for each in drift.drifted for fact in each.facts]


def container(body: Body) -> Body:
    """Return the engine's container of an InferenceService or a Deployment."""
    spec = body["spec"]
    holder = spec["predictor"] if "predictor" in spec else spec["template"]["spec"]
    engine: Body = holder["containers"][0]
    return engine


def test_other_spellings_and_what_the_cluster_fills_in_are_no_drift() -> None:
    drift = compare(DECLARED, OBSERVED)
    assert (len(drift.compared), drift.drifted, drift.missing, drift.undeclared) == (3, (), (), ())


@pytest.mark.parametrize(
    ("kind", "change", "expected"),
    [
        (
            "InferenceService",
            lambda body: container(body).update(image="vllm/vllm-openai:v0.30.0"),
            [
                ("predictor", "image", "vllm/vllm-openai:v0.33.0", "vllm/vllm-openai:v0.30.0"),
                ("predictor", "engine version", "0.33.0", "0.30.0"),
            ],
        ),
        (
            "InferenceService",
            lambda body: container(body)["args"].__setitem__(2, "-tp=4"),
            [("predictor", "tensor parallel size", "2", "4")],
        ),
        (
            "InferenceService",
            lambda body: container(body)["args"].append("--enable-expert-parallel"),
            [("predictor", "expert parallel", "no", "yes")],
        ),
        (
            "InferenceService",
            lambda body: container(body)["args"].append("--max-num-batched-tokens=8192"),
            [("predictor", "option --max-num-batched-tokens", None, "8192")],
        ),
        (
            "InferenceService",
            lambda body: container(body)["args"].__setitem__(1, "Qwen/Qwen3-32B"),
            [("predictor", "model", "Qwen/Qwen3-30B-A3B", "Qwen/Qwen3-32B")],
        ),
        (
            "InferenceService",
            lambda body: container(body)["resources"]["limits"].update({"nvidia.com/gpu": "4", "memory": "32Gi"}),
            [("predictor", "accelerators of a pod", "2", "4"), ("predictor", "limits.memory", "64Gi", "32Gi")],
        ),
        (
            "InferenceService",
            lambda body: body["spec"]["predictor"].update(nodeSelector={"nvidia.com/gpu.product": "Tesla-T4"}),
            [("predictor", "node label nvidia.com/gpu.product", None, "Tesla-T4")],
        ),
        (
            "InferenceService",
            lambda body: body["metadata"]["labels"].pop("owner"),
            [("metadata", "label owner", "search", None)],
        ),
        (
            "InferenceService",
            lambda body: body["spec"]["predictor"].update(minReplicas=3),
            [("scaling", "minimum replicas", None, "3")],
        ),
        (
            "ScaledObject",
            lambda body: body["spec"].update(maxReplicaCount=40),
            [("autoscaler", "maximum replicas", "4", "40")],
        ),
        (
            "ScaledObject",
            lambda body: body["spec"]["triggers"][0]["metadata"].update(threshold="500"),
            [("autoscaler", "threshold of signal 1 (prometheus)", "5.0", "500.0")],
        ),
        ("Deployment", lambda body: body["spec"].update(replicas=5), [("scaling", "replicas", "2", "5")]),
        (
            "Deployment",
            lambda body: container(body)["env"][0].update(value="0"),
            [("pod", "variable SGLANG_ENABLE_SPEC_V2", "1", "0")],
        ),
        ("Deployment", lambda body: container(body)["env"].append({"name": "LANG", "value": "C"}), []),
    ],
    ids=[
        "version",
        "ranks",
        "expert parallelism",
        "another option",
        "model",
        "resources",
        "nodes",
        "label",
        "replicas of an endpoint",
        "most replicas",
        "threshold",
        "replicas",
        "variable of the engine",
        "variable of nobody",
    ],
)
def test_what_the_rules_read_is_compared(
    kind: str, change: Callable[[Body], None], expected: list[tuple[str, str, str | None, str | None]]
) -> None:
    assert changes(compare(DECLARED, observed_with(kind, change))) == expected


def test_replicas_that_an_autoscaler_sets_are_nobodys_declaration() -> None:
    scaled = observed_with("Deployment", lambda body: body["spec"].update(replicas=5))
    scaler = manifest_from_mapping({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "batch", "namespace": "search"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "batch"},
            "minReplicas": 1,
            "maxReplicas": 8,
        },
    })  # fmt: skip
    drift = compare((*DECLARED, scaler), [*scaled, scaler])
    assert drift.drifted == ()


def test_values_of_secret_options_are_never_shown() -> None:
    declared = observed_with("InferenceService", lambda body: container(body)["args"].append("--api-key=first"))
    observed = observed_with("InferenceService", lambda body: container(body)["args"].append("--api-key=second"))
    ((_, name, before, after),) = changes(compare(declared, observed))
    assert (name, before, after) == ("option --api-key", "(not shown)", "(not shown)")


def test_what_only_a_variable_knows_is_not_compared() -> None:
    hidden = observed_with("InferenceService", lambda body: container(body)["args"].__setitem__(2, "-tp=$(RANKS)"))
    assert changes(compare(DECLARED, hidden)) == []


def test_a_runtime_that_changed_shows_in_what_it_serves() -> None:
    declared, observed = (objects(f"runtime-{side}.yaml") for side in ("declared", "observed"))
    drift = compare(declared, observed)
    kinds = {each.observed.kind: each.facts for each in drift.drifted}
    assert set(kinds) == {"InferenceService", "ServingRuntime"}
    assert [(fact.name, fact.declared, fact.observed) for fact in kinds["InferenceService"]] == [
        ("image", "vllm/vllm-openai:v0.33.0", "vllm/vllm-openai:v0.28.0"),
        ("engine version", "0.33.0", "0.28.0"),
    ]


def test_objects_of_one_side_alone_are_missing_or_undeclared() -> None:
    gone = [each for each in OBSERVED if each.kind != "Deployment"]
    assert [each.name for each in compare(DECLARED, gone).missing] == ["batch"]
    own = [each for each in DECLARED if each.kind != "Deployment"]
    assert [each.name for each in compare(own, OBSERVED).undeclared] == ["batch"]


def test_a_declaration_without_a_namespace_is_nobodys_where_two_objects_have_its_name() -> None:
    body = copy.deepcopy(dict(OBSERVED[0].body))
    body["metadata"]["namespace"] = "shop"
    drift = compare(DECLARED, (*OBSERVED, manifest_from_mapping(body)))
    assert [each.name for each in drift.missing] == ["support-chat"]
    assert [each.namespace for each in drift.undeclared] == ["search", "shop"]


def test_an_object_that_cannot_be_read_is_told_and_is_not_missing() -> None:
    broken = observed_with("InferenceService", lambda body: body["spec"].update(predictor="vllm"))
    drift = compare(DECLARED, broken)
    assert [(each.kind, "spec.predictor" in reason) for each, reason in drift.unread] == [
        ("InferenceService", True)
    ]
    assert drift.missing == ()


def test_what_was_last_applied_is_a_declaration() -> None:
    def apply(body: Body) -> None:
        applied = copy.deepcopy(body)
        container(applied)["args"][2] = "-tp=4"
        body["metadata"]["annotations"][LAST_APPLIED_ANNOTATION] = json.dumps(applied)

    running = observed_with("InferenceService", apply)
    drift = compare(last_applied(running), running)
    assert changes(drift) == [("predictor", "tensor parallel size", "4", "2")]
    assert [each.kind for each in drift.undeclared] == ["ScaledObject", "Deployment"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind": "Pod"}', '{"apiVersion": "v1", "kind": "Pod"}'])
def test_an_annotation_that_declares_something_else_is_no_declaration(text: str) -> None:
    def annotate(body: Body) -> None:
        body["metadata"]["annotations"][LAST_APPLIED_ANNOTATION] = text

    assert last_applied(observed_with("InferenceService", annotate)) == ()
