"""The count of a published model is the total that the hub states for its checkpoint.

Each row of the fixture holds the total and the fields of the published configuration that differ from the defaults
of its class, so the defaults are held to the published models too.
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
def test_the_count_is_the_stated_total(published: dict[str, Any]) -> None:
    parameters = read_architecture(published["config"]).parameters
    assert parameters is not None
    assert parameters.total == published["parameters"]


def test_models_of_two_dozen_types_are_compared() -> None:
    assert len({published["config"]["model_type"] for published in PUBLISHED}) >= 24
