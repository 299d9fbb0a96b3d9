"""The facts around an object under review: its namespace, the cluster, and what was given at start."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from admission_webhook.cluster_view.resources import WATCHED_RESOURCES
from admission_webhook.cluster_view.view import ClusterView
from admission_webhook.facts import KnownFacts, read_context
from admission_webhook.metrics import create_metrics
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.errors import UnreadableInputError
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.finding import Severity
from neuroscale.rules.judge import judge
from tests.admission_webhook.serving import FIXTURES

BY_KIND = {resource.kind: resource for resource in WATCHED_RESOURCES}


class NoModels:
    """A source that knows no model."""

    def find(self, repository: str) -> ModelArchitecture | None:
        return None


def manifest(kind: str, name: str, namespace: str = "", **body: object) -> ManifestObject:
    resource = BY_KIND.get(kind)
    api_version = resource.api_version(resource.versions[0]) if resource else "autoscaling/v2"
    return ManifestObject(api_version, kind, namespace, name, body)


def view_of(*objects: ManifestObject) -> ClusterView:
    view = ClusterView(create_metrics())
    for resource in WATCHED_RESOURCES:
        view.replace(resource, [each for each in objects if each.kind == resource.kind])
    return view


def names(facts: KnownFacts, about: ManifestObject) -> list[tuple[str, str]]:
    return sorted((each.kind, each.name) for each in facts.about(about).context)


CLUSTER = (
    manifest("InferenceService", "chat", "team-a"),
    manifest("InferenceService", "search", "team-a"),
    manifest("InferenceService", "chat", "team-b"),
    manifest("ServingRuntime", "vllm-a", "team-a"),
    manifest("ServingRuntime", "vllm-b", "team-b"),
    manifest("ClusterServingRuntime", "vllm"),
    manifest("LLMInferenceServiceConfig", "own-preset", "team-a"),
    manifest("LLMInferenceServiceConfig", "preset", "kserve"),
    manifest("Node", "gpu-1"),
)


def test_an_autoscaler_is_judged_beside_its_namespace_and_the_cluster() -> None:
    facts = KnownFacts(NoModels(), view_of(*CLUSTER))
    assert names(facts, manifest("HorizontalPodAutoscaler", "chat", "team-a")) == [
        ("ClusterServingRuntime", "vllm"),
        ("InferenceService", "chat"),
        ("InferenceService", "search"),
        ("LLMInferenceServiceConfig", "own-preset"),
        ("LLMInferenceServiceConfig", "preset"),
        ("Node", "gpu-1"),
        ("ServingRuntime", "vllm-a"),
    ]


@pytest.mark.parametrize(("stored", "written"), [("good", "bad"), ("bad", "good")])
def test_the_object_under_review_is_judged_and_not_its_stored_form(stored: str, written: str) -> None:
    def service(fixture: str) -> ManifestObject:
        text = (FIXTURES / "cluster" / f"{fixture}.yaml").read_text(encoding="utf-8")
        return replace(load_manifests(text, fixture)[0], namespace="team-a", name="mixtral")

    facts = KnownFacts(load_catalogue(), view_of(service(stored)))
    denied = {
        finding.rule
        for finding in judge((service(written),), facts.about(service(written)))
        if finding.severity is Severity.DENY
    }
    assert denied == ({"NS101", "NS102", "NS103", "NS501"} if written == "bad" else set())


def test_what_the_cluster_holds_wins_over_what_was_given_at_start() -> None:
    given = (manifest("ClusterServingRuntime", "vllm", old=True), manifest("ClusterServingRuntime", "sglang"))
    facts = KnownFacts(NoModels(), view_of(*CLUSTER), given)
    runtimes: Mapping[str, ManifestObject] = {
        each.name: each
        for each in facts.about(manifest("InferenceService", "new", "team-a")).context
        if each.kind == "ClusterServingRuntime"
    }
    assert set(runtimes) == {"vllm", "sglang"}
    assert runtimes["vllm"].body == {}


def test_a_change_in_the_cluster_is_seen_by_the_next_review() -> None:
    view = view_of(*CLUSTER)
    facts, subject = KnownFacts(NoModels(), view), manifest("InferenceService", "new", "team-a")
    assert ("ServingRuntime", "late") not in names(facts, subject)
    view.put(BY_KIND["ServingRuntime"], manifest("ServingRuntime", "late", "team-a"))
    assert ("ServingRuntime", "late") in names(facts, subject)
    view.remove(BY_KIND["ServingRuntime"], manifest("ServingRuntime", "late", "team-a"))
    assert ("ServingRuntime", "late") not in names(facts, subject)


def test_a_change_in_another_namespace_costs_no_new_index() -> None:
    view = view_of(*CLUSTER)
    facts, subject = KnownFacts(NoModels(), view), manifest("InferenceService", "new", "team-a")
    before = facts.about(subject).context
    view.put(BY_KIND["InferenceService"], manifest("InferenceService", "other", "team-b"))
    assert facts.about(subject).context is before
    view.put(BY_KIND["Node"], manifest("Node", "gpu-2"))
    assert facts.about(subject).context is not before


def test_without_a_cluster_only_what_was_given_is_known() -> None:
    facts = KnownFacts(NoModels(), None, (manifest("Node", "gpu-1"),), "0.20.0")
    subject = manifest("InferenceService", "new", "team-a")
    assert names(facts, subject) == [("Node", "gpu-1")]
    assert facts.about(subject).kserve_version == "0.20.0"


def test_context_files_and_directories_are_read_in_a_stable_order(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "nested/c.json", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'{{"apiVersion": "v1", "kind": "Node", "metadata": {{"name": "{path.stem}"}}}}', "utf-8")
    assert [each.name for each in read_context([tmp_path, tmp_path / "b.yaml"])] == ["a", "b", "c", "b"]


def test_a_context_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "runtime.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableInputError, match=r"runtime\.yaml: cannot be read: it is not UTF-8 text"):
        read_context([tmp_path])
