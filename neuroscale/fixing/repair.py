"""Repairing texts: every certain repair is made, the result is judged again, and what got worse is not kept."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from neuroscale.errors import InvalidInputError, NeuroScaleError
from neuroscale.fixing.json_patch import PatchDoesNotFitError, patched
from neuroscale.fixing.yaml_edit import CannotEditError, edited
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.object import FieldPath, ManifestObject
from neuroscale.rules.finding import Finding

Judgement = Callable[[Sequence[ManifestObject]], Sequence[Finding]]

# Each round makes at most one repair per object; nothing has this many faults.
_MOST_ROUNDS = 200
# Helm's own objects and functions: such a file is the source of many manifests, and none of them is at hand.
_HELM = re.compile(
    r"\{\{[^{}\n]{0,200}?(?:\.(?:Values|Release|Chart|Capabilities|Files|Template)\b|\b(?:include|tpl|toYaml)\b)"
)


@dataclass(frozen=True, slots=True)
class RefusedRepair:
    """A repair that was known but not made, and why."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Repair:
    """What became of some texts.

    Attributes:
        texts: Every text by its name, repaired where something was repaired.
        repaired: The findings that are gone, in the order of their repair.
        refused: The findings whose repair was not made.
        objects: The objects of the texts as they are now.
        findings: What is found in them now.
    """

    texts: Mapping[str, str]
    repaired: tuple[Finding, ...]
    refused: tuple[RefusedRepair, ...]
    objects: tuple[ManifestObject, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an object is: the first character of its document, and its path in there."""

    document_start: int
    path: FieldPath


@dataclass(frozen=True, slots=True)
class _State:
    """Texts, and what is read and found in them; an object keeps its index whatever is repaired."""

    texts: Mapping[str, str]
    objects: tuple[ManifestObject, ...]
    findings: tuple[Finding, ...]

    def rules(self) -> set[tuple[int | None, str]]:
        places = {id(each): index for index, each in enumerate(self.objects)}
        return {(places.get(id(finding.manifest)), finding.rule) for finding in self.findings}

    def identities(self) -> set[tuple[object, ...]]:
        places = {id(each): index for index, each in enumerate(self.objects)}
        return {(places.get(id(each.manifest)), each.rule, each.path, each.message) for each in self.findings}


def repair(texts: Mapping[str, str], judge: Judgement) -> Repair:
    """Make every certain repair that can be made.

    A repair is kept only when the text reads again as exactly the object that the patch describes, when its finding
    is gone, and when no rule fires that did not fire before.

    Args:
        texts: Texts of manifests by the name of their file.
        judge: Returns the findings about objects; the manifest of a finding is one of the objects.

    Raises:
        NeuroScaleError: A text cannot be read, or is a template of Helm with something to repair.
    """
    state = _read(texts, judge)
    repaired: list[Finding] = []
    refused: dict[tuple[object, ...], RefusedRepair] = {}
    one_at_a_time = False
    for _ in range(_MOST_ROUNDS):
        chosen = _choose(state, refused)
        if not chosen:
            break
        if one_at_a_time:
            chosen = dict(list(chosen.items())[:1])
        reasons, after = _attempt(state, chosen, judge)
        if after is not None:
            state = after
            repaired.extend(chosen.values())
            one_at_a_time = False
        elif reasons:
            for index, reason in reasons.items():
                refused[_identity(index, chosen[index])] = RefusedRepair(chosen[index], reason)
        else:
            one_at_a_time = True
    return Repair(state.texts, tuple(repaired), tuple(refused.values()), state.objects, state.findings)


def repaired_text(text: str, finding: Finding) -> str | None:
    """Return the text that a finding's object was read from with this one repair, None when it cannot be made."""
    manifest = finding.manifest
    file = manifest.source.file if manifest.source else ""
    if _HELM.search(text) is not None:
        return None
    try:
        place = _place_of(manifest, _places(text))
        head, tail = text[: place.document_start], text[place.document_start :]
        repaired = head + edited(tail, place.path, finding.patch)
        before, after = load_manifests(text, file), load_manifests(repaired, file)
        body = patched(manifest.body, finding.patch)
    except NeuroScaleError:
        return None
    position = manifest.source.position(()) if manifest.source else None
    expected = [
        body if each.source is not None and each.source.position(()) == position else each.body for each in before
    ]
    return repaired if [each.body for each in after] == expected else None


def _read(texts: Mapping[str, str], judge: Judgement) -> _State:
    objects = tuple(each for name, text in texts.items() for each in load_manifests(text, name))
    return _State(texts, objects, tuple(judge(objects)))


def _identity(index: int, finding: Finding) -> tuple[object, ...]:
    return (index, finding.rule, finding.path, finding.message)


def _choose(state: _State, refused: Mapping[tuple[object, ...], RefusedRepair]) -> dict[int, Finding]:
    """Return the first repair of every object that has one."""
    places = {id(each): index for index, each in enumerate(state.objects)}
    chosen: dict[int, Finding] = {}
    for finding in state.findings:
        index = places.get(id(finding.manifest))
        if finding.patch and index is not None and _identity(index, finding) not in refused:
            chosen.setdefault(index, finding)
    return chosen


def _attempt(
    state: _State, chosen: Mapping[int, Finding], judge: Judgement
) -> tuple[Mapping[int, str], _State | None]:
    """Return the state after the repairs; or the repairs that must not be made, and why; or neither.

    Neither means that the repairs cannot be told apart: they have to be tried one by one.
    """
    reasons: dict[int, str] = {}
    texts = dict(state.texts)
    places: dict[str, Mapping[tuple[int, int], _Place]] = {}
    # From the end of a file to its beginning, so that the places of what is still to be changed hold.
    for index in sorted(chosen, reverse=True):
        manifest = state.objects[index]
        name = manifest.source.file if manifest.source else ""
        _refuse_template(name, state.texts[name])
        try:
            if name not in places:
                places[name] = _places(state.texts[name])
            place = _place_of(manifest, places[name])
            head, tail = texts[name][: place.document_start], texts[name][place.document_start :]
            texts[name] = head + edited(tail, place.path, chosen[index].patch)
        except (CannotEditError, PatchDoesNotFitError) as error:
            reasons[index] = str(error)
    if reasons:
        return reasons, None
    expected = [
        patched(each.body, chosen[index].patch) if index in chosen else each.body
        for index, each in enumerate(state.objects)
    ]
    try:
        after = _read(texts, judge)
    except NeuroScaleError as error:
        return _of_one(chosen, f"the changed text could not be read again: {error}"), None
    if [each.body for each in after.objects] != expected:
        return _of_one(
            chosen, "the field cannot be changed without changing others (an anchor or a merge key)"
        ), None
    remaining, rules = after.identities(), after.rules() - state.rules()
    for index, finding in chosen.items():
        worse = sorted(rule for place, rule in rules if place == index)
        if _identity(index, finding) in remaining:
            reasons[index] = "the finding would remain"
        elif worse:
            reasons[index] = f"{', '.join(worse)} would be found then"
    if reasons:
        return reasons, None
    if rules:
        worse = sorted({rule for _, rule in rules})
        return _of_one(chosen, f"{', '.join(worse)} would be found in another object then"), None
    return {}, after


def _of_one(chosen: Mapping[int, Finding], reason: str) -> Mapping[int, str]:
    return dict.fromkeys(chosen, reason) if len(chosen) == 1 else {}


def _refuse_template(name: str, text: str) -> None:
    if _HELM.search(text) is not None:
        raise InvalidInputError(
            "is a template of Helm, in which nothing is repaired",
            field=name,
            fix="repair the template by hand, or render it and repair what it gives",
        )


def _places(text: str) -> Mapping[tuple[int, int], _Place]:
    """Return where the objects of a text are, by the line and column at which they begin.

    Raises:
        CannotEditError: The text is no stream of YAML, such as several JSON values after each other.
    """
    places: dict[tuple[int, int], _Place] = {}
    try:
        for root in yaml.compose_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            for path, node in _objects(root, ()):
                mark = node.start_mark
                places[mark.line + 1, mark.column + 1] = _Place(root.start_mark.index, path)
    except yaml.YAMLError as error:
        raise CannotEditError("the text is no stream of YAML") from error
    return places


def _place_of(manifest: ManifestObject, places: Mapping[tuple[int, int], _Place]) -> _Place:
    position = manifest.source.position(()) if manifest.source else None
    place = places.get((position.line, position.column)) if position else None
    if place is None:
        raise CannotEditError("the object has no place of its own in the text")
    return place


def _objects(node: Node | None, place: FieldPath) -> list[tuple[FieldPath, Node]]:
    """Return the node of an object, or the nodes of the objects of a list."""
    if isinstance(node, MappingNode):
        fields = {key.value: value for key, value in node.value if isinstance(key, ScalarNode)}
        kind, items = fields.get("kind"), fields.get("items")
        if isinstance(kind, ScalarNode) and kind.value.endswith("List") and isinstance(items, SequenceNode):
            return [
                found
                for index, item in enumerate(items.value)
                for found in _objects(item, (*place, "items", index))
            ]
    return [] if node is None else [(place, node)]
