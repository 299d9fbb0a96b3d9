"""The patch of a finding repairs it: after it the rule is silent, and no other rule speaks."""

from dataclasses import replace
from pathlib import Path

import pytest

from neuroscale.fixing.json_patch import patched
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.finding import Finding, patch_as_json
from tests.rules.objects import LABELS, RULES_FOLDER, endpoint, fixture_objects, judged

FIXTURES = sorted([*RULES_FOLDER.glob("*/*/bad-*.yaml"), *RULES_FOLDER.glob("*/*/warn-*.yaml")])
RULES_WITH_PATCHES = {"NS105", "NS301", "NS350", "NS401", "NS501", "NS604", "NS701"}


def title(fixture: Path) -> str:
    """Name a fixture by its rule and file."""
    return f"{fixture.parent.name}/{fixture.stem}"


def after(objects: tuple[ManifestObject, ...], finding: Finding) -> tuple[ManifestObject, ...]:
    """Return the objects with one finding's patch applied."""
    return tuple(
        replace(each, body=patched(each.body, finding.patch)) if each is finding.manifest else each
        for each in objects
    )


def marks(findings: tuple[Finding, ...]) -> set[tuple[str, str, str, str]]:
    """Return what identifies findings across a patch, which may move their paths."""
    return {(each.manifest.kind, each.manifest.name, each.rule, each.message) for each in findings}


@pytest.mark.parametrize("fixture", FIXTURES, ids=title)
def test_a_patch_silences_its_finding_and_wakes_no_other(fixture: Path) -> None:
    objects = fixture_objects(fixture)
    before = judged(*objects)
    for finding in before:
        if finding.patch:
            now = marks(judged(*after(objects, finding)))
            assert now == marks(before) - marks((finding,))


def test_these_rules_have_patches() -> None:
    found = {each.rule for fixture in FIXTURES for each in judged(*fixture_objects(fixture)) if each.patch}
    assert found >= RULES_WITH_PATCHES


def patches_of(*arguments: str, image: str = "vllm/vllm-openai:v0.33.0") -> list[list[dict[str, object]]]:
    """Return the patches about an endpoint with these arguments, without those of labels."""
    findings = judged(endpoint(arguments, image=image))
    return [patch_as_json(each.patch) for each in findings if each.rule != "NS501" and each.patch]


ARGUMENT = "/spec/predictor/containers/0/args/1"
MODEL = "--model=Qwen/Qwen3-30B-A3B"


@pytest.mark.parametrize(
    ("arguments", "patch"),
    [
        (
            ["--enable-expert-parallel=true"],
            [{"op": "replace", "path": ARGUMENT, "value": "--enable-expert-parallel"}],
        ),
        (
            ["--enable-expert-parallel=False"],
            [{"op": "replace", "path": ARGUMENT, "value": "--no-enable-expert-parallel"}],
        ),
        (["--enable-prefix-caching", "true"], [{"op": "remove", "path": ARGUMENT[:-1] + "2"}]),
        (
            ["--enable-prefix-caching", "off"],
            [
                {"op": "replace", "path": ARGUMENT, "value": "--no-enable-prefix-caching"},
                {"op": "remove", "path": ARGUMENT[:-1] + "2"},
            ],
        ),
    ],
)
def test_a_switch_with_a_value_is_written_as_the_value_means_it(
    arguments: list[str], patch: list[dict[str, object]]
) -> None:
    assert patches_of(MODEL, *arguments) == [patch]


@pytest.mark.parametrize("arguments", [["--enable-expert-parallel=maybe"], ["--enable-expert-parallel=$(SWITCH)"]])
def test_a_switch_whose_value_means_nothing_certain_has_no_patch(arguments: list[str]) -> None:
    assert patches_of(MODEL, *arguments) == []


def test_a_version_that_may_take_the_value_gets_no_patch() -> None:
    assert patches_of(MODEL, "--enable-chunked-prefill=false", image="vllm/vllm-openai:v0.7.3") == []


@pytest.mark.parametrize("spelling", ["--enable-expert-parallel", "--enable_expert_parallel", "-ep"])
def test_expert_parallelism_of_a_dense_model_is_removed_however_it_is_spelt(spelling: str) -> None:
    assert patches_of("--model=Qwen/Qwen3-32B", spelling) == [[{"op": "remove", "path": ARGUMENT}]]


def test_a_switch_in_a_shell_script_has_no_patch() -> None:
    manifest = endpoint([])
    container = manifest.body["spec"]["predictor"]["containers"][0]
    container["command"] = ["/bin/sh", "-c", "vllm serve Qwen/Qwen3-32B --enable-expert-parallel=true"]
    found = [each for each in judged(manifest) if each.rule in {"NS105", "NS301"}]
    assert found
    assert not any(each.patch for each in found)


def label_patches(labels: dict[str, str], annotations: dict[str, str] | None = None) -> list[dict[str, object]]:
    """Return what the patches of ownership labels do."""
    manifest = endpoint([MODEL], annotations=annotations)
    manifest.body["metadata"]["labels"] = labels
    return [
        operation
        for each in judged(manifest)
        if each.rule == "NS501" and each.severity.value == "deny"
        for operation in patch_as_json(each.patch)
    ]


def test_a_label_in_another_spelling_is_renamed() -> None:
    assert label_patches({"Owner": "search", "cost-center": "cc"}) == [
        {"op": "remove", "path": "/metadata/labels/Owner"},
        {"op": "add", "path": "/metadata/labels/owner", "value": "search"},
    ]


def test_an_annotation_of_the_name_of_a_label_is_copied() -> None:
    assert label_patches({"owner": "search"}, {"cost-center": "cc-1"}) == [
        {"op": "add", "path": "/metadata/labels/cost-center", "value": "cc-1"}
    ]


@pytest.mark.parametrize(
    ("labels", "annotations"),
    [
        ({"team": "search", "cost-center": "cc"}, {}),
        ({"acme.com/owner": "search", "cost-center": "cc"}, {}),
        ({"cost-center": "cc"}, {"owner": "Search Platform <search@example.com>"}),
        ({"cost-center": "cc"}, {}),
    ],
)
def test_another_word_and_what_is_no_label_value_are_left_to_people(
    labels: dict[str, str], annotations: dict[str, str]
) -> None:
    assert label_patches(labels, annotations) == []


def test_the_labels_of_the_fixtures_own_endpoint_are_complete() -> None:
    assert label_patches(dict(LABELS)) == []
