"""The judgement as a whole: what it looks at, in which order it answers, and what it does not hide."""

from dataclasses import replace
from typing import Any

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.context import IndexedContext
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts
from tests.rules.objects import RULES_FOLDER, cluster_facts, endpoint, fixture_objects, judged, rules_of

UNKNOWN = endpoint(["--model=acme/unknown", "--tensor-parallel-size=8", "--enable-expert-parallel"], accelerators=8)
BROKEN = [
    endpoint(["--model=Qwen/Qwen3-32B", "--tensor-parallel-size=5"], accelerators=4, name=name)
    for name in ("alpha", "beta", "gamma")
]


def runtime(image: str, *arguments: str) -> ManifestObject:
    """Return a serving runtime named "vllm"."""
    return manifest_from_mapping({
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ServingRuntime",
        "metadata": {"name": "vllm"},
        "spec": {"containers": [{"name": "kserve-container", "image": image, "args": list(arguments)}]},
    })  # fmt: skip


def service_of_runtime(*arguments: str) -> ManifestObject:
    """Return an InferenceService that uses the runtime named "vllm"."""
    return manifest_from_mapping({
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "qwen"},
        "spec": {"predictor": {"model": {
            "modelFormat": {"name": "huggingface"},
            "runtime": "vllm",
            "storageUri": "hf://Qwen/Qwen3-32B",
            "args": list(arguments),
        }}},
    })  # fmt: skip


def test_findings_come_in_one_order_whatever_the_order_of_the_objects() -> None:
    forwards = judged(*BROKEN)
    assert forwards == judged(*reversed(BROKEN))
    assert [finding.sort_key for finding in forwards] == sorted(finding.sort_key for finding in forwards)


def test_judging_twice_gives_the_same() -> None:
    assert judged(*BROKEN) == judged(*BROKEN)


def test_objects_of_other_kinds_are_passed_over() -> None:
    others: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "a"},
            "data": {"args": "--tensor-parallel-size=5"},
        },
        {"apiVersion": "example.com/v1", "kind": "InferenceService", "metadata": {"name": "b"}, "spec": 3},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "c"}, "spec": {"replicas": "many"}},
    ]
    assert judged(*(manifest_from_mapping(other) for other in others)) == ()


def test_context_is_not_judged() -> None:
    assert judged(context=BROKEN) == ()


def test_one_missing_fact_is_one_finding_however_many_rules_it_stops() -> None:
    (finding,) = [finding for finding in judged(UNKNOWN) if finding.rule == "NS001"]
    assert finding.message.startswith("cannot judge NS101, NS102, NS105: ")


def test_a_missing_fact_that_no_rule_needs_is_no_finding() -> None:
    assert judged(endpoint(["--model=acme/unknown"], accelerators=1)) == ()


def test_a_runtime_in_the_same_change_is_used() -> None:
    service = service_of_runtime()
    wrong = runtime("vllm/vllm-openai:v0.33.0", "--model=/mnt/models", "--tensor-parallel-size=5")
    assert ("NS101", "deny") in rules_of(judged(service, wrong))


def test_a_runtime_in_the_same_change_wins_over_the_one_in_the_cluster() -> None:
    service = service_of_runtime()
    wrong = runtime("vllm/vllm-openai:v0.33.0", "--model=/mnt/models", "--tensor-parallel-size=5")
    right = runtime("vllm/vllm-openai:v0.33.0", "--model=/mnt/models", "--tensor-parallel-size=4")
    assert "NS101" not in dict(rules_of(judged(service, right, context=[wrong])))


def test_what_a_service_appends_wins_over_its_runtime() -> None:
    wrong = runtime("vllm/vllm-openai:v0.33.0", "--model=/mnt/models", "--tensor-parallel-size=5")
    assert "NS101" not in dict(rules_of(judged(service_of_runtime("--tensor-parallel-size=4"), context=[wrong])))


def test_a_runtime_alone_is_judged_for_what_no_service_can_mend() -> None:
    assert judged(runtime("vllm/vllm-openai:v0.33.0", "--model=Qwen/Qwen3-32B", "--tensor-parallel-size=5")) == ()
    assert rules_of(judged(runtime("vllm/vllm-openai:v0.33.0", "--enable-prefix-caching=true"))) == [
        ("NS301", "deny")
    ]


def test_parts_that_repeat_one_fault_are_one_finding() -> None:
    (fixture,) = RULES_FOLDER.glob("*/*/ok-several-pods-per-replica.yaml")
    (service,) = fixture_objects(fixture)
    body = {**service.body, "metadata": {"name": "unlabelled"}}
    findings = judged(manifest_from_mapping(body))
    assert len(findings) == len({(finding.rule, finding.path, finding.message) for finding in findings})


def test_an_indexed_context_gives_the_same_as_a_plain_one() -> None:
    wrong = runtime("vllm/vllm-openai:v0.33.0", "--model=/mnt/models", "--tensor-parallel-size=5")
    facts = cluster_facts(wrong)
    indexed = replace(facts, context=IndexedContext(facts.context))
    assert judge([service_of_runtime()], indexed) == judge([service_of_runtime()], facts)


class BrokenSource:
    """A source of architectures with a fault."""

    def find(self, repository: str) -> ModelArchitecture | None:
        """Fail as a fault of ours would."""
        raise ZeroDivisionError(repository)


def test_a_fault_of_ours_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        judge([UNKNOWN], ClusterFacts(models=BrokenSource()))


def test_a_field_of_the_wrong_type_is_an_error_that_names_it() -> None:
    broken = manifest_from_mapping({
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "a"},
        "spec": {"predictor": {"containers": [{"name": "kserve-container", "image": "a", "args": "--all-in-one"}]}},
    })  # fmt: skip
    with pytest.raises(InvalidInputError, match="args"):
        judge([broken], ClusterFacts(models=load_catalogue()))
