"""Hostile input gives an error that names the field, in bounded time; never a wrong count, never a traceback."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError
from tests.architecture.ground_truth_rows import model_rows, variant_rows

ROWS = {row["name"]: row for row in model_rows()}
RECORDED = Path(__file__).parent / "model_builds" / "recorded"
# One random shape of every model type that was built, and the published models.
CONFIGS = [
    *(row["config"] for row in (*model_rows(), *variant_rows())),
    *(
        json.loads(path.read_text(encoding="utf-8").splitlines()[-1])["config"]
        for path in sorted(RECORDED.glob("*.jsonl"))
    ),
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(min_value=-5, max_value=600) | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=12), children, max_size=4),
    max_leaves=12,
)


def _field_paths(config: dict[str, Any], prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    paths = []
    for name, value in config.items():
        paths.append((*prefix, name))
        if isinstance(value, dict):
            paths.extend(_field_paths(value, (*prefix, name)))
    return paths


def _read_or_refuse(config: dict[str, Any]) -> ModelArchitecture | None:
    """Read a configuration, or return None when it was refused as it should be: with the field's name."""
    refusals: list[str | None] = []
    try:
        return read_architecture(config)
    except InvalidInputError as error:
        refusals.append(error.field)
    assert all(refusals)
    return None


@st.composite
def damaged_configs(draw: st.DrawFn) -> dict[str, Any]:
    """A published configuration in which up to three fields, at any level, hold something else."""
    config: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(CONFIGS))))
    for path in draw(st.lists(st.sampled_from(_field_paths(config)), min_size=1, max_size=3)):
        target: Any = config
        for name in path[:-1]:
            target = target.get(name) if isinstance(target, dict) else None
        if isinstance(target, dict):
            target[path[-1]] = draw(json_values)
    return config


@given(damaged_configs())
@settings(max_examples=300, deadline=None)
def test_a_damaged_configuration_is_read_or_refused_by_field(config: dict[str, Any]) -> None:
    architecture = _read_or_refuse(config)
    if architecture is None:
        return
    if architecture.parameters is None:
        assert architecture.unread
    else:
        assert architecture.parameters.total > 0
        active = architecture.active_parameters
        assert active is not None
        assert 0 < active <= architecture.parameters.language_model


@given(st.dictionaries(st.sampled_from(sorted({name for config in CONFIGS for name in config})), json_values))
@settings(max_examples=200, deadline=None)
def test_any_mapping_of_known_names_is_read_or_refused_by_field(config: dict[str, Any]) -> None:
    _read_or_refuse(config)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("num_hidden_layers", 10**9, "must be a whole number from 1 to 4096, not 1000000000"),
        pytest.param(
            "num_hidden_layers", 10**5000, "must be a whole number from 1 to 4096, not a huge number", id="huge"
        ),
        ("num_hidden_layers", -1, "must be a whole number from 1 to 4096, not -1"),
        ("num_hidden_layers", 0, "must be a whole number from 1 to 4096, not 0"),
        ("hidden_size", True, "must be a whole number from 1 to 16777216, not true"),
        ("hidden_size", "4096", "must be a whole number from 1 to 16777216, not the text '4096'"),
        ("hidden_size", None, "a whole number is needed, but the field is null or missing"),
        ("hidden_size", float("nan"), "must be a whole number from 1 to 16777216, not nan"),
        ("vocab_size", 1.5, "must be a whole number from 1 to 268435456, not 1.5"),
        ("num_key_value_heads", 64, "64 key/value heads cannot serve 32 query heads"),
        ("attention_bias", "yes", "must be true or false, not the text 'yes'"),
        ("architectures", "LlamaForCausalLM", "must be a list, not the text 'LlamaForCausalLM'"),
        ("rope_scaling", [], "must be an object, not a list"),
        ("quantization_config", "fp8", "must be an object, not the text 'fp8'"),
        ("model_type", 7, "must be a text of at most 1024 characters, not 7"),
        ("max_position_embeddings", {}, "must be a whole number from 1 to 1099511627776, not an object"),
    ],
)
def test_a_wrong_value_is_refused_with_its_field(field: str, value: object, message: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_architecture({**ROWS["meta-llama/Meta-Llama-3.1-8B"]["config"], field: value})
    assert refused.value.field == field
    assert refused.value.message == message


def test_more_experts_per_token_than_experts_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="9 experts per token cannot be chosen among 8"):
        read_architecture({**ROWS["mistralai/Mixtral-8x7B-v0.1"]["config"], "num_experts_per_tok": 9})


def test_a_wrong_value_of_a_nested_field_is_refused_with_its_path() -> None:
    config = json.loads(json.dumps(ROWS["google/gemma-4-26B-A4B"]["config"]))
    config["text_config"]["layer_types"] = ["full_attention"] * 10**5
    with pytest.raises(InvalidInputError) as refused:
        read_architecture(config)
    assert refused.value.field == "text_config.layer_types"


@pytest.mark.parametrize("config", [None, [], "llama", 7, b"{}"])
def test_what_is_no_object_is_refused(config: Any) -> None:
    with pytest.raises(InvalidInputError, match="must be a JSON object"):
        read_architecture(config)


def test_deep_nesting_is_not_followed() -> None:
    config: dict[str, Any] = {"model_type": "llama"}
    for _ in range(100_000):
        config = {"text_config": config}
    assert read_architecture(config).parameters is None
