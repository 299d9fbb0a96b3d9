"""Whatever is written down as usage is attributed or refused with its field, never a fault of ours."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.cost.attribution import attribute
from neuroscale.cost.bill import BilledElsewhere
from neuroscale.cost.picture import cost_drawing
from neuroscale.cost.report import CostReport, report_as_json, report_as_markdown, report_as_text
from neuroscale.cost_sources.usage import parse_usage_text, read_saved_usage
from neuroscale.errors import NeuroScaleError
from neuroscale.pictures.svg import svg_document
from neuroscale.prices.tariff import Tariff
from tests.cost.two_teams import EXAMPLES, price_book

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)

NUMBERS = st.sampled_from([0, 1, 1e-320, 5e-324, 1e9, 10**12, 10**15, 1e30, -1, 10**400, 0.1, "1", None, True])
ALLOCATION = json.loads((EXAMPLES / "two-teams" / "opencost-allocation.json").read_text(encoding="utf-8"))
FIRST = next(iter(ALLOCATION["data"][0].values()))


def report(document: Mapping[str, Any]) -> None:
    """Attribute a document, by prices and without, and write it in every form."""
    measured = asyncio.run(read_saved_usage(document, "usage"))
    for tariff in (Tariff(price_book()), BilledElsewhere()):
        attribution = attribute(measured.endpoints, tariff, load_catalogue().find)
        written = CostReport(attribution, "model", measured.window, measured.notes)
        json.dumps(report_as_json(written), allow_nan=False)
        report_as_text(written)
        report_as_markdown(written)
        svg_document(cost_drawing(written))


@settings(max_examples=150, deadline=None)
@given(
    entries=st.lists(
        st.fixed_dictionaries(
            {"name": st.sampled_from(["a", "b", "c"]), "acceleratorHours": NUMBERS},
            optional={
                "model": st.sampled_from(["google/gemma-4-26B-A4B", "no-one/knows", 3]),
                "accelerator": st.sampled_from(["h100-80gb-sxm", "l4", "abacus"]),
                "cpuCoreHours": NUMBERS,
                "memoryGiBHours": NUMBERS,
                "billed": NUMBERS,
                "promptTokens": NUMBERS,
                "generatedTokens": NUMBERS,
                "cachedPromptTokens": NUMBERS,
                "estimatedFlops": NUMBERS,
            },
        ),
        max_size=3,
    )
)
def test_written_usage_with_extreme_numbers(entries: list[dict[str, Any]]) -> None:
    with suppress(NeuroScaleError):
        report({"endpoints": entries})


@settings(max_examples=100, deadline=None)
@given(field=st.sampled_from(sorted(FIRST)), value=JSON | NUMBERS)
def test_an_answer_of_opencost_with_anything_in_one_field(field: str, value: object) -> None:
    with suppress(NeuroScaleError):
        report({"code": 200, "data": [{"a": FIRST | {field: value}}]})


@settings(max_examples=100, deadline=None)
@given(field=st.sampled_from(sorted(FIRST["properties"])), value=JSON)
def test_an_answer_of_opencost_with_anything_in_one_property(field: str, value: object) -> None:
    with suppress(NeuroScaleError):
        report({"code": 200, "data": [{"a": FIRST | {"properties": FIRST["properties"] | {field: value}}}]})


@settings(max_examples=100, deadline=None)
@given(document=st.dictionaries(st.sampled_from(["code", "data", "endpoints", "currency", "message"]), JSON))
def test_any_document(document: dict[str, Any]) -> None:
    with suppress(NeuroScaleError):
        report(document)


@pytest.mark.parametrize(
    "text",
    ['{"data": ' + "[" * 200_000, "a: &a [*a, *a]", "\x00", "- " * 100_000],
)
def test_texts_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(NeuroScaleError):
        parse_usage_text(text, "usage")
