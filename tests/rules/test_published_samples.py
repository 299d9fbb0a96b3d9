"""KServe's own samples, at the pinned version: of them it is only said that labels are missing or facts unknown.

They are the manifests that people start from. None of them is known to fail, so a denial of one is a false alarm;
and most of them serve no language model, so nothing at all may be said about those.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from neuroscale.errors import NeuroScaleError
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.finding import Finding, Severity
from tests.rigs.control_plane.fixtures import skip_or_fail
from tests.rigs.control_plane.toolchain import RigUnavailableError, source_directory
from tests.rules.objects import judged

# Kinds whose runtimes and presets the samples rely on.
CONTEXT_KINDS = frozenset({"ServingRuntime", "ClusterServingRuntime", "LLMInferenceServiceConfig"})
# The one InferenceService among the samples that certainly runs vLLM, in a runtime of its own.
VLLM_SERVICES = frozenset({"llama-31-8b-instruct"})


@cache
def published() -> tuple[tuple[ManifestObject, ...], tuple[ManifestObject, ...]]:
    """Return the objects of the samples, and the runtimes and presets among them and those that KServe ships."""
    try:
        folder = source_directory("kserve")
    except RigUnavailableError as error:
        skip_or_fail(error)
        raise
    samples = [each for path in sorted((folder / "docs" / "samples").rglob("*.yaml")) for each in _readable(path)]
    shipped = [each for path in sorted((folder / "config").rglob("*.yaml")) for each in _readable(path)]
    return tuple(samples), tuple(each for each in (*shipped, *samples) if each.kind in CONTEXT_KINDS)


def _readable(path: Path) -> Sequence[ManifestObject]:
    try:
        return load_manifests(path.read_text(encoding="utf-8"), path.name)
    except NeuroScaleError:
        # Templates and patches that are no whole object.
        return ()


@cache
def findings() -> tuple[Finding, ...]:
    """Judge every sample by itself, as admission does."""
    samples, context = published()
    return tuple(finding for sample in samples for finding in judged(sample, context=context))


def test_there_are_samples_of_both_kinds() -> None:
    samples, context = published()
    kinds = [sample.kind for sample in samples]
    assert kinds.count("InferenceService") > 50
    assert kinds.count("LLMInferenceService") > 10
    assert context


def test_no_sample_is_denied_but_for_its_labels() -> None:
    denied = {finding.rule for finding in findings() if finding.severity is Severity.DENY}
    assert denied <= {"NS501"}


def test_what_cannot_be_judged_is_the_only_other_thing_that_is_said() -> None:
    assert {finding.rule for finding in findings()} <= {"NS001", "NS501"}


def test_no_sample_without_a_language_model_is_touched() -> None:
    labelled = {finding.manifest.name for finding in findings() if finding.rule == "NS501"}
    services = {sample.name for sample in published()[0] if sample.kind == "InferenceService"}
    assert labelled & services == VLLM_SERVICES


@pytest.mark.parametrize("kind", sorted(CONTEXT_KINDS))
def test_a_shipped_runtime_or_preset_is_not_judged_to_be_wrong(kind: str) -> None:
    shipped = [each for each in published()[1] if each.kind == kind]
    assert [finding for each in shipped for finding in judged(each)] == []
