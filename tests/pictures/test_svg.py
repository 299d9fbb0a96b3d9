"""Drawings are well-formed, true to scale, and safe whatever the names in them say."""

import itertools
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroscale.pictures.bars import Bar, BarDrawing, Mark, Segment
from neuroscale.pictures.svg import svg_document

_SVG = "{http://www.w3.org/2000/svg}"

BUDGET = BarDrawing(
    title="Memory of each accelerator",
    description="48 GiB of weights, 6 GiB of overhead and 19 GiB of KV cache of 80 GiB.",
    bars=(
        Bar(
            "h100-80gb-sxm",
            (
                Segment("weights", 48, "48.0 GiB"),
                Segment("overhead", 6, "6.0 GiB"),
                Segment("KV cache", 19, "19.0 GiB"),
                Segment("free", 7, "7.0 GiB", is_free=True),
            ),
            Mark(73.6, "0.92"),
        ),
    ),
)


def _segments(document: str) -> list[ET.Element]:
    root = ET.fromstring(document)
    return [rectangle for rectangle in root.findall(f"{_SVG}rect") if rectangle.find(f"{_SVG}title") is not None]


def test_segments_are_as_wide_as_their_amounts_and_stand_side_by_side() -> None:
    segments = _segments(svg_document(BUDGET))
    widths = [float(segment.attrib["width"]) for segment in segments]
    assert widths == pytest.approx([728 * amount / 80 for amount in (48, 6, 19, 7)], abs=0.1)
    for left, right in itertools.pairwise(segments):
        edge = float(left.attrib["x"]) + float(left.attrib["width"])
        assert float(right.attrib["x"]) == pytest.approx(edge, abs=0.2)


def test_the_limit_stands_where_its_amount_is() -> None:
    line = ET.fromstring(svg_document(BUDGET)).find(f"{_SVG}line")
    assert line is not None
    assert float(line.attrib["x1"]) == pytest.approx(16 + 728 * 73.6 / 80, abs=0.1)


def test_a_drawing_says_in_words_what_it_shows() -> None:
    root = ET.fromstring(svg_document(BUDGET))
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{_SVG}desc") == BUDGET.description
    told = [segment.findtext(f"{_SVG}title") for segment in _segments(svg_document(BUDGET))]
    assert told == ["weights: 48.0 GiB", "overhead: 6.0 GiB", "KV cache: 19.0 GiB", "free: 7.0 GiB"]


def test_bars_share_one_scale_unless_shares_are_compared() -> None:
    bars = (Bar("one", (Segment("a", 10, "10"),)), Bar("two", (Segment("a", 5, "5"),)))
    widths = [segment.attrib["width"] for segment in _segments(svg_document(BarDrawing("t", "d", bars)))]
    assert widths == ["728", "364"]
    shares = [segment.attrib["width"] for segment in _segments(svg_document(BarDrawing("t", "d", bars, True)))]
    assert shares == ["728", "728"]


def test_a_name_has_one_colour_in_all_bars() -> None:
    bars = (
        Bar("one", (Segment("search", 1, "1"), Segment("chat", 2, "2"))),
        Bar("two", (Segment("chat", 2, "2"), Segment("search", 1, "1"))),
    )
    colours = [segment.attrib["fill"] for segment in _segments(svg_document(BarDrawing("t", "d", bars)))]
    assert colours[0] == colours[3]
    assert colours[1] == colours[2]
    assert colours[0] != colours[1]


def test_nothing_is_drawn_of_an_empty_bar() -> None:
    assert _segments(svg_document(BarDrawing("t", "d", (Bar("nothing", ()),)))) == []


@given(st.text(max_size=200))
def test_names_of_strangers_can_neither_break_a_drawing_nor_add_to_it(name: str) -> None:
    bar = Bar(name, (Segment(name, 1, name),), Mark(0.5, name))
    root = ET.fromstring(svg_document(BarDrawing(name, name, (bar,))))
    allowed = {"title", "desc", "style", "rect", "text", "line", "svg"}
    assert {element.tag.removeprefix(_SVG) for element in root.iter()} <= allowed


@pytest.mark.parametrize("amount", [-1.0, float("nan"), float("inf")])
def test_an_amount_without_length_is_refused(amount: float) -> None:
    with pytest.raises(ValueError, match="cannot be drawn"):
        Segment("weights", amount, "?")
