"""A repair is kept only when the result reads as meant, its finding is gone, and nothing else is found."""

from collections.abc import Sequence

import pytest

from neuroscale.errors import NeuroScaleError
from neuroscale.fixing.json_patch import PatchDoesNotFitError, patched
from neuroscale.fixing.repair import repair
from neuroscale.manifests.object import FieldPath, ManifestObject
from neuroscale.rules.finding import Finding, PatchOperation, Severity

TEXT = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  x: 1 # one\n  v: 1\n"


def finding(rule: str, manifest: ManifestObject, *patch: PatchOperation) -> Finding:
    """Return a finding of a rule about an object."""
    return Finding(rule, "a-rule", Severity.DENY, manifest, ("spec",), rule, "", "", patch)


def replace(value: object, *path: str | int) -> PatchOperation:
    return PatchOperation("replace", path, value)


def value(manifest: ManifestObject, path: FieldPath) -> object:
    found: object = manifest.body
    for step in path:
        found = found[step]  # type: ignore[index]
    return found


def judge_ones(objects: Sequence[ManifestObject]) -> list[Finding]:
    """Find fault with every field that is one, and know that two is right."""
    return [
        finding(f"NS9{field}", each, replace(2, "spec", field))
        for each in objects
        for field in ("x", "v")
        if value(each, ("spec", field)) == 1
    ]


def test_every_repair_is_made_in_every_object_of_every_text() -> None:
    texts = {
        "a.yaml": f"{TEXT}---\n{TEXT.replace('name: a', 'name: b')}",
        "b.yaml": TEXT.replace("name: a", "name: c"),
    }
    outcome = repair(texts, judge_ones)
    assert outcome.texts == {name: text.replace(": 1", ": 2") for name, text in texts.items()}
    assert (len(outcome.repaired), outcome.refused, outcome.findings) == (6, (), ())


def test_texts_without_faults_stay_as_they_are() -> None:
    texts = {"a.yaml": TEXT.replace(": 1", ":   2")}
    assert repair(texts, judge_ones).texts == texts


def test_a_repair_after_which_another_rule_speaks_is_not_kept() -> None:
    def judge(objects: Sequence[ManifestObject]) -> list[Finding]:
        worse = [finding("NS999", each) for each in objects if value(each, ("spec", "x")) == 2]
        return [*judge_ones(objects), *worse]

    outcome = repair({"a.yaml": TEXT}, judge)
    assert outcome.texts["a.yaml"] == TEXT.replace("v: 1", "v: 2")
    (refused,) = outcome.refused
    assert (refused.finding.rule, refused.reason) == ("NS9x", "NS999 would be found then")


def test_a_repair_that_does_not_help_is_not_kept() -> None:
    def judge(objects: Sequence[ManifestObject]) -> list[Finding]:
        return [finding("NS999", each, replace("z", "spec", "x")) for each in objects]

    outcome = repair({"a.yaml": TEXT}, judge)
    assert outcome.texts["a.yaml"] == TEXT
    assert [each.reason for each in outcome.refused] == ["the finding would remain"]


def test_a_repair_that_harms_another_object_is_not_kept() -> None:
    def judge(objects: Sequence[ManifestObject]) -> list[Finding]:
        one, other = objects
        harmed = [finding("NS999", other)] if value(one, ("spec", "x")) == 2 else []
        return [*(each for each in judge_ones([one]) if each.rule == "NS9x"), *harmed]

    texts = {"a.yaml": TEXT, "b.yaml": TEXT.replace("name: a", "name: b")}
    outcome = repair(texts, judge)
    assert outcome.texts == texts
    assert [each.reason for each in outcome.refused] == ["NS999 would be found in another object then"]


def test_a_shared_field_spoils_no_other_repair() -> None:
    shared = TEXT.replace("v: 1", "v: {z: &one 1}\n  w: *one")

    def judge(objects: Sequence[ManifestObject]) -> list[Finding]:
        found = [each for each in judge_ones(objects) if each.rule == "NS9x"]
        return found + [
            finding("NS9z", each, replace(2, "spec", "w"))
            for each in objects
            if value(each, ("spec",)).get("w") == 1  # type: ignore[attr-defined]
        ]

    outcome = repair({"a.yaml": shared, "b.yaml": TEXT}, judge)
    assert outcome.texts == {"a.yaml": shared.replace("x: 1", "x: 2"), "b.yaml": TEXT.replace("x: 1", "x: 2")}
    assert [each.finding.rule for each in outcome.refused] == ["NS9z"]


def test_a_patch_that_does_not_fit_is_refused() -> None:
    def judge(objects: Sequence[ManifestObject]) -> list[Finding]:
        return [finding("NS999", each, PatchOperation("remove", ("spec", "absent"))) for each in objects]

    outcome = repair({"a.yaml": TEXT}, judge)
    assert outcome.texts["a.yaml"] == TEXT
    assert len(outcome.refused) == 1


@pytest.mark.parametrize("expression", ["{{ .Values.x }}", "{{- include 'a' . }}", "{{ .Release.Name | quote }}"])
def test_a_template_of_helm_is_refused(expression: str) -> None:
    with pytest.raises(NeuroScaleError, match="template of Helm"):
        repair({"a.yaml": TEXT.replace("name: a", f'name: "{expression}"')}, judge_ones)


def test_the_expressions_of_kserve_are_no_template() -> None:
    text = TEXT.replace("name: a", 'name: "{{ .ObjectMeta.Name }}-{{.Name}}"')
    assert repair({"a.yaml": text}, judge_ones).texts["a.yaml"] == text.replace(": 1", ": 2")


@pytest.mark.parametrize("path", [("absent",), ("a", "b"), ("l", 2), ("l", "a"), (), ("l", 0, "a")])
def test_a_patch_of_a_field_that_is_not_there_says_so(path: FieldPath) -> None:
    with pytest.raises(PatchDoesNotFitError):
        patched({"a": 1, "l": [1, 2]}, (PatchOperation("remove", path),))


def test_a_patch_leaves_the_object_it_is_given() -> None:
    body = {"l": [1, {"a": 2}]}
    operations = (PatchOperation("add", ("l", 2), 3), PatchOperation("remove", ("l", 1, "a")))
    assert patched(body, operations) == {"l": [1, {}, 3]}
    assert body == {"l": [1, {"a": 2}]}
