"""Context length and rope scaling are raw facts: nothing is multiplied here."""

from dataclasses import replace
from typing import Any

import pytest

from neuroscale.architecture.model import ContextLength
from neuroscale.architecture.reader import read_architecture


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"max_position_embeddings": 40960}, ContextLength(40960)),
        ({}, ContextLength(2048)),
        ({"max_position_embeddings": 40960, "max_seq_len": 8192}, ContextLength(8192)),
        ({"max_position_embeddings": 8192, "model_max_length": 131072}, ContextLength(131072)),
        ({"max_position_embeddings": 131072, "model_max_length": 8192}, ContextLength(8192)),
        (
            {"max_position_embeddings": 131072, "rope_scaling": {"rope_type": "llama3", "factor": 8.0,
             "original_max_position_embeddings": 8192}},
            ContextLength(131072, "llama3", 8.0, 8192),
        ),
        (
            {"max_position_embeddings": 32768, "rope_scaling": {"type": "yarn", "factor": 4}},
            ContextLength(32768, "yarn", 4.0),
        ),
        (
            {"max_position_embeddings": 8192, "rope_parameters": {"rope_type": "linear", "factor": 2.0}},
            ContextLength(8192, "linear", 2.0),
        ),
        ({"max_position_embeddings": 8192, "rope_parameters": {"rope_type": "default"}}, ContextLength(8192)),
        ({"max_position_embeddings": 8192, "rope_scaling": None}, ContextLength(8192)),
        (
            {"max_position_embeddings": 8192, "rope_parameters": {
             "full_attention": {"rope_type": "linear", "factor": 8},
             "sliding_attention": {"rope_type": "default"}}},
            ContextLength(8192, "linear", 8.0),
        ),
    ],
)  # fmt: skip
def test_the_stated_positions_and_scaling_are_read(fields: dict[str, Any], expected: ContextLength) -> None:
    context = read_architecture({"model_type": "llama", **fields}).context
    assert context is not None
    assert replace(context, stated_in=None) == expected


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"model_type": "llama", "max_position_embeddings": 40960}, "max_position_embeddings"),
        ({"model_type": "llama", "max_position_embeddings": 40960, "max_seq_len": 8192}, "max_seq_len"),
        ({"model_type": "llama", "max_position_embeddings": 8192, "model_max_length": 131072}, "model_max_length"),
        (
            {"model_type": "gemma3", "text_config": {"max_position_embeddings": 8192}},
            "text_config.max_position_embeddings",
        ),
        ({"model_type": "llama"}, None),
    ],
)
def test_the_field_that_states_the_positions_is_named(config: dict[str, Any], field: str | None) -> None:
    context = read_architecture(config).context
    assert context is not None
    assert context.stated_in == field


def test_a_model_that_states_no_length_has_none() -> None:
    assert read_architecture({"model_type": "brand_new"}).context is None
