"""Objects, architectures and settings for the tests of the rules."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.manifests.documents import load_manifests, manifest_from_mapping
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.finding import Finding
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts

RULES_FOLDER = Path(__file__).parent
LABELS = {"owner": "search-platform", "cost-center": "cc-4711"}


def shipped(repository: str) -> ModelArchitecture:
    """Return a model of the catalogue."""
    architecture = load_catalogue().find(repository)
    assert architecture is not None, repository
    return architecture


def fixture_objects(path: Path) -> tuple[ManifestObject, ...]:
    """Return the objects of a fixture, with their places in the file."""
    return load_manifests(path.read_text(encoding="utf-8"), path.name)


def cluster_facts(*context: ManifestObject) -> ClusterFacts:
    """Return the facts of a cluster that holds these objects."""
    return ClusterFacts(models=load_catalogue(), context=context)


def judged(*objects: ManifestObject, context: Sequence[ManifestObject] = ()) -> tuple[Finding, ...]:
    """Judge objects with the shipped catalogue."""
    return judge(objects, cluster_facts(*context))


def rules_of(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """Return rule and severity of each finding."""
    return [(finding.rule, finding.severity.value) for finding in findings]


def endpoint(
    arguments: Sequence[str],
    *,
    image: str = "vllm/vllm-openai:v0.33.0",
    accelerators: int | None = None,
    node_labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    name: str = "endpoint",
) -> ManifestObject:
    """Return an InferenceService whose container runs vLLM with these arguments."""
    container: dict[str, Any] = {"name": "kserve-container", "image": image, "args": list(arguments)}
    container["ports"] = [{"containerPort": 8000, "protocol": "TCP"}]
    if accelerators is not None:
        container["resources"] = {"limits": {"nvidia.com/gpu": accelerators, "cpu": "16", "memory": "128Gi"}}
    if environment:
        container["env"] = [{"name": key, "value": value} for key, value in environment.items()]
    predictor: dict[str, Any] = {"containers": [container]}
    if node_labels:
        predictor["nodeSelector"] = dict(node_labels)
    return manifest_from_mapping({
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": name, "labels": LABELS, "annotations": dict(annotations or {})},
        "spec": {"predictor": predictor},
    })  # fmt: skip


def node(name: str, labels: Mapping[str, str], accelerators: int = 8) -> ManifestObject:
    """Return a node that offers accelerators."""
    return manifest_from_mapping({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": dict(labels)},
        "status": {"allocatable": {"nvidia.com/gpu": str(accelerators)}},
    })  # fmt: skip


def engine_findings(*objects: ManifestObject, context: Sequence[ManifestObject] = ()) -> tuple[Finding, ...]:
    """Judge objects and leave out what is said about labels."""
    return tuple(finding for finding in judged(*objects, context=context) if finding.rule != "NS501")
