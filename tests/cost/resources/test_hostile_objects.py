"""Whatever stands in a field, the answer is a comparison or an error that names the field; never a traceback."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.cost.resources.change import compare_manifests
from neuroscale.cost.resources.json_report import comparison_as_json
from neuroscale.cost.resources.markdown import comparison_as_markdown
from neuroscale.cost.resources.text import comparison_as_text
from neuroscale.errors import NeuroScaleError
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.object import ManifestObject
from neuroscale.prices.tariff import Tariff
from neuroscale.rules.subject import ClusterFacts
from tests.cost.resources.cases import Case, price_book

WRONG: tuple[object, ...] = (
    None,
    0,
    -1,
    10**30,
    1.5,
    float("1e300"),
    True,
    "",
    "x",
    "{{ .Values.x }}",
    [],
    [None],
    {},
    {"x": [1]},
)

CASES = ("runtime-changed", "multi-node", "leader-worker-set", "autoscaler-added", "other-kinds", "claimed-devices")
PRICED = Tariff(price_book())
CONTEXT = ("other-kinds", "kserve-default-resources")


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every value below a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in items:
        yield (*path, step)
        yield from places(inner, (*path, step))


def with_value(body: dict[str, Any], path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return changed


def told(before: tuple[ManifestObject, ...], after: tuple[ManifestObject, ...], facts: ClusterFacts) -> None:
    """Compare, in every format; an error has to say where it is."""
    try:
        comparison = compare_manifests(before, after, facts, PRICED)
    except NeuroScaleError as error:
        if not error.field:
            pytest.fail(f"it is not told where: {error}")
        return
    assert comparison_as_markdown(comparison)
    assert comparison_as_text(comparison)
    assert comparison_as_json(comparison)


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_value_in_any_field_of_a_manifest(name: str) -> None:
    objects = Case(name).objects("head")
    facts = ClusterFacts(models=load_catalogue())
    for position, manifest in enumerate(objects):
        for number, path in enumerate(places(dict(manifest.body))):
            # Every field meets some of the values, and every value meets fields of each kind.
            for value in WRONG[number % 7 :: 7]:
                try:
                    changed = manifest_from_mapping(with_value(dict(manifest.body), path, value))
                except NeuroScaleError:
                    continue
                told(objects, (*objects[:position], changed, *objects[position + 1 :]), facts)


@pytest.mark.parametrize("name", CONTEXT)
def test_a_wrong_value_in_any_field_of_the_context(name: str) -> None:
    case = Case(name)
    for manifest in case.objects("context"):
        for path in places(dict(manifest.body)):
            for value in WRONG:
                try:
                    changed = manifest_from_mapping(with_value(dict(manifest.body), path, value))
                except NeuroScaleError:
                    continue
                facts = ClusterFacts(models=load_catalogue(), context=(changed,))
                told(case.objects("base"), case.objects("head"), facts)
