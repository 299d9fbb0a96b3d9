"""Counts and class defaults stay at the totals that are known of published models.

Each row of the fixture holds the total and the fields that differ from the defaults of the class. Both were typed
by hand, not fetched, and models whose remembered total differed were left out: trust a row only as far as figures
of eight digits and more do not agree by accident. The proof of the counts is in the records of real builds.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from neuroscale.architecture.reader import read_architecture

PUBLISHED: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "fixtures" / "published_totals.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda published: published["name"])
def test_the_count_is_the_known_total(published: dict[str, Any]) -> None:
    parameters = read_architecture(published["config"]).parameters
    assert parameters is not None
    assert parameters.total == published["parameters"]


def test_models_of_two_dozen_types_are_compared() -> None:
    assert len({published["config"]["model_type"] for published in PUBLISHED}) >= 24
