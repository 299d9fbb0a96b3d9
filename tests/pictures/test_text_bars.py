"""Bars in characters keep the proportions and lose no segment."""

from hypothesis import given
from hypothesis import strategies as st

from neuroscale.pictures.bars import Bar, Segment
from neuroscale.pictures.text import text_bar


def test_characters_are_shared_out_by_amount() -> None:
    bar = Bar("h100", (Segment("weights", 60, ""), Segment("KV cache", 30, ""), Segment("free", 10, "", True)))
    assert text_bar(bar, 10) == "██████▓▓▓░"


def test_a_sliver_is_still_seen() -> None:
    bar = Bar("h100", (Segment("weights", 0.001, ""), Segment("KV cache", 1000, "")))
    assert text_bar(bar, 10) == "█▓▓▓▓▓▓▓▓▓"


def test_an_empty_bar_is_empty() -> None:
    assert text_bar(Bar("h100", ())) == ""


@given(st.lists(st.floats(0, 1e12), max_size=30), st.integers(1, 60))
def test_a_bar_has_the_width_that_is_asked_for(amounts: list[float], width: int) -> None:
    bar = Bar("any", tuple(Segment(str(place), amount, "") for place, amount in enumerate(amounts)))
    assert len(text_bar(bar, width)) == (width if any(amounts) else 0)
