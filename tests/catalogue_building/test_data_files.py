"""The tables that the catalogue is built by keep to their schemas and name families that are described."""

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from neuroscale.architecture.families import composites_by_model_type, families_by_model_type
from neuroscale.catalogue_building.figure_families import figure_families

DATA = files("neuroscale.catalogue_building").joinpath("data")


def _document(name: str) -> Any:
    return json.loads(DATA.joinpath(name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["figure_families", "packages", "publishers", "twins"])
def test_a_table_keeps_to_its_schema(name: str) -> None:
    schema = _document(f"{name}.schema.json")
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(_document(f"{name}.json"))


def test_publishers_are_listed_once_and_in_order() -> None:
    names = [name.casefold() for name in _document("publishers.json")["publishers"]]
    assert names == sorted(set(names))


def test_every_family_is_described_and_listed_once() -> None:
    rows = _document("figure_families.json")["families"]
    assert len(rows) == len({row["model_type"] for row in rows})
    assert figure_families().keys() <= families_by_model_type().keys() | composites_by_model_type().keys()


@pytest.mark.parametrize("model_type", sorted(figure_families()))
def test_no_window_is_claimed_without_a_source(model_type: str) -> None:
    assert not {"sliding_window", "sliding_window_pattern", "max_position_embeddings"} & set(
        figure_families()[model_type].stated
    )
