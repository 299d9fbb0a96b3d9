"""A checkpoint is taken for another's model only where its figures and its stored parameters prove it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from neuroscale.architecture.catalogue import CatalogueEntry, load_catalogue
from neuroscale.architecture.reader import read_architecture
from neuroscale.catalogue_building.figures import ModelFigures
from neuroscale.catalogue_building.twins import (
    StoredBeside,
    Twin,
    changed_config,
    known_twins,
    refutation,
    twin_entries,
)

SHIPPED = load_catalogue()
BLOCKS = {"quant_method": "fp8", "weight_block_size": [128, 128], "activation_scheme": "dynamic"}
FP8 = Twin(
    "example/Qwen3-30B-A3B-Again-FP8",
    "Qwen/Qwen3-30B-A3B",
    {"quantization_config": BLOCKS},
    (StoredBeside(1_858_560, "one scale for each block of 128 x 128"),),
    "nobody in particular",
    "",
)
INDEX = ModelFigures(
    repository=FP8.repository,
    source="an index",
    figures={"layers": 48, "hidden_size": 2048, "heads": 32, "vocabulary": 151_936, "experts": 128},
    context_tokens=40_960,
    published_parameters=30_532_122_624 + 1_858_560,
)


def config_of(repository: str) -> Mapping[str, object]:
    """Return the shipped configuration of a model."""
    entry = SHIPPED.entry(repository)
    assert entry is not None
    return entry.config


def test_a_twin_proves_itself_by_its_figures_and_its_stored_parameters() -> None:
    assert refutation(FP8, changed_config(config_of(FP8.of), FP8.changes), INDEX) is None


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        (replace(INDEX, published_parameters=30_532_122_624), "which Qwen/Qwen3-30B-A3B does not explain"),
        (replace(INDEX, published_parameters=None), "which Qwen/Qwen3-30B-A3B does not explain"),
        (replace(INDEX, figures={**INDEX.figures, "experts": 64}), "its experts is 64"),
        (replace(INDEX, context_tokens=262_144), "its context is 262144"),
    ],
    ids=["no scales", "nothing stored", "other experts", "another context"],
)
def test_what_differs_is_no_twin(figures: ModelFigures, reason: str) -> None:
    told = refutation(FP8, changed_config(config_of(FP8.of), FP8.changes), figures)
    assert told is not None
    assert reason in told


def test_a_field_that_becomes_null_is_taken_away() -> None:
    assert changed_config({"a": 1, "b": 2, "c": None}, {"b": None, "d": 4}) == {"a": 1, "c": None, "d": 4}


def test_a_twin_that_no_index_lists_is_passed_over() -> None:
    proved, left_out = twin_entries((), SHIPPED.entry)
    assert {entry.repository for entry in proved} == {twin.repository for twin in known_twins() if twin.renamed}
    assert left_out == []


def test_a_twin_that_is_refuted_or_whose_model_is_not_known_is_left_out_by_name() -> None:
    listed = replace(INDEX, repository="deepseek-ai/DeepSeek-V3.1")
    _, (refuted,) = twin_entries((listed,), SHIPPED.entry)
    assert refuted.startswith("deepseek-ai/DeepSeek-V3.1: its layers is 48")
    _, (unknown,) = twin_entries((listed,), lambda _: None)
    assert unknown.endswith("deepseek-ai/DeepSeek-V3, whose configuration it has, is not known")


@pytest.mark.parametrize("twin", known_twins(), ids=lambda twin: twin.repository)
def test_every_twin_is_shipped_and_is_the_model_it_is_taken_for(twin: Twin) -> None:
    entry, model = SHIPPED.entry(twin.repository), SHIPPED.entry(twin.of)
    assert isinstance(entry, CatalogueEntry)
    assert isinstance(model, CatalogueEntry)
    assert entry.config == changed_config(model.config, twin.changes)
    ours, theirs = read_architecture(entry.config), read_architecture(model.config)
    assert ours.parameters == theirs.parameters
    assert ours.attention == theirs.attention
    assert twin.of in entry.provenance or twin.renamed


def test_a_changed_format_is_confirmed_by_another_source() -> None:
    for twin in known_twins():
        assert twin.confirmed or not any(value is not None for value in twin.changes.values())
