"""Counts and class defaults stay at the totals of published models.

Each row of the fixture says in `source` where the total and the fields of its configuration were read; fields that
it leaves out have the defaults of the class, which the records of real builds prove. A field under
`decided_by_total` was not read anywhere, but follows from the total. A checkpoint may also store buffers
(`stored_buffers`), which are no parameters.
"""

from typing import Any

import pytest

from neuroscale.architecture.reader import read_architecture
from tests.architecture.ground_truth_rows import published_rows

PUBLISHED = published_rows()


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda published: published["name"])
def test_the_count_is_the_published_total(published: dict[str, Any]) -> None:
    parameters = read_architecture(published["config"]).parameters
    assert parameters is not None
    assert parameters.total == published["parameters"]


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda published: published["name"])
def test_at_most_one_field_of_a_row_rests_on_its_total(published: dict[str, Any]) -> None:
    """The total of two free fields could be met by accident."""
    assert published["source"]
    assert len(published.get("decided_by_total", ())) <= 1


def test_models_of_thirty_types_are_compared() -> None:
    assert len({published["config"]["model_type"] for published in PUBLISHED}) >= 30


def test_the_published_kimi_linear_has_fewer_delta_layers_than_its_class_default() -> None:
    name = "moonshotai/Kimi-Linear-48B-A3B-Instruct"
    published = next(row for row in PUBLISHED if row["name"] == name)
    layers = {}
    for label, config in (("published", published["config"]), ("default", {"model_type": "kimi_linear"})):
        attention = read_architecture(config).attention
        assert attention is not None
        layers[label] = {group.kind: group.layers for group in attention.groups}
    assert layers == {"published": {"linear": 20, "latent": 7}, "default": {"linear": 21, "latent": 6}}
