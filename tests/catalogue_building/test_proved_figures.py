"""Figures of packages become a configuration only where they give exactly the parameters that are stored."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from neuroscale.architecture.reader import read_architecture
from neuroscale.catalogue_building.build import BuiltCatalogue, build_catalogue
from neuroscale.catalogue_building.known_packages import given_package
from neuroscale.errors import InvalidInputError
from tests.catalogue_building.packages import VERSION, write_crate, write_index, write_specifications, write_wheel

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "vocab_size": 100,
    "intermediate_size": 96,
    "tie_word_embeddings": False,
}
INDEX = f"the Cargo package llmfit-core {VERSION}"


def _stored(**changes: object) -> int:
    counts = read_architecture({**CONFIG, **changes}).parameters
    assert counts is not None
    return counts.total


def _row(**changes: object) -> dict[str, object]:
    """Return a row of the index that describes the model of CONFIG."""
    return {
        "name": "meta-llama/Tiny",
        "architecture": "llama",
        "parameters_raw": _stored(),
        "context_length": 2048,
        "hf_downloads": 5000,
        "num_hidden_layers": 2,
        "hidden_size": 64,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "vocab_size": 100,
        "moe_intermediate_size": 96,
        "shared_expert_intermediate_size": None,
        **changes,
    }


def _specified(repository: str, context_tokens: int, **figures: object) -> dict[str, object]:
    source = {"model_id": repository, "model_metadata": figures}
    return {"context_length": context_tokens, "model_specs": [{"model_src": {"huggingface": source}}]}


def _build(*packages: Path) -> BuiltCatalogue:
    return build_catalogue([given_package(str(package)) for package in packages], [])


def _entries(*packages: Path) -> dict[str, dict[str, Any]]:
    return {(entry := json.loads(line))["repository"]: entry for line in _build(*packages).lines}


def test_figures_that_give_the_stored_parameters_become_a_configuration(tmp_path: Path) -> None:
    entry = _entries(write_index(tmp_path, _row()))["meta-llama/Tiny"]
    assert entry["config"] == {**CONFIG, "max_position_embeddings": 2048}
    assert entry["provenance"] == f"figures in {INDEX}; they give the {_stored():,} parameters that it stores"


def test_one_parameter_more_is_enough_to_leave_a_model_out(tmp_path: Path) -> None:
    built = _build(write_index(tmp_path, _row(parameters_raw=_stored() + 1)))
    assert built.lines == ()
    (problem,) = built.left_out
    assert problem.startswith("meta-llama/Tiny: the figures give ")


def test_what_no_figure_says_is_decided_by_the_parameters(tmp_path: Path) -> None:
    tied = _row(parameters_raw=_stored(tie_word_embeddings=True))
    assert _entries(write_index(tmp_path, tied))["meta-llama/Tiny"]["config"]["tie_word_embeddings"] is True


@pytest.mark.parametrize("context_tokens", [4096, 131072])
def test_a_context_that_may_be_a_stand_in_or_multiplied_is_null(tmp_path: Path, context_tokens: int) -> None:
    entry = _entries(write_index(tmp_path, _row(context_length=context_tokens)))["meta-llama/Tiny"]
    assert entry["config"]["max_position_embeddings"] is None
    assert read_architecture(entry["config"]).context is None


@pytest.mark.parametrize("context_tokens", [4096, 131072])
def test_two_sources_that_agree_vouch_for_a_context(tmp_path: Path, context_tokens: int) -> None:
    index = write_index(tmp_path, _row(context_length=context_tokens))
    specifications = write_specifications(tmp_path, _specified("meta-llama/Tiny", context_tokens, hidden_size=64))
    entry = _entries(index, specifications)["meta-llama/Tiny"]
    assert entry["config"]["max_position_embeddings"] == context_tokens
    assert f"figures in {INDEX} and the PyPI package xinference {VERSION}" in entry["provenance"]


def test_a_head_width_that_the_index_may_have_derived_gives_way_to_one_that_is_stated(tmp_path: Path) -> None:
    stored = _stored(head_dim=24)
    derived, specified = _row(parameters_raw=stored), _specified("meta-llama/Tiny", 2048, head_dim=24)
    entry = _entries(write_index(tmp_path, derived), write_specifications(tmp_path, specified))["meta-llama/Tiny"]
    assert entry["config"]["head_dim"] == 24


def test_a_long_context_counts_where_it_is_the_confirmed_one_of_a_model_of_its_type_and_size(
    tmp_path: Path,
) -> None:
    base = _row(name="meta-llama/Llama-3.1-8B", context_length=4096)
    tuned, longer = (
        _row(name=name, context_length=tokens)
        for name, tokens in (("NousResearch/Tuned", 131072), ("NousResearch/Longer", 1048576))
    )
    entries = _entries(write_index(tmp_path, base, tuned, longer))
    assert entries["meta-llama/Llama-3.1-8B"]["config"]["max_position_embeddings"] == 131072
    assert "; max_position_embeddings as in " in entries["meta-llama/Llama-3.1-8B"]["provenance"]
    assert entries["NousResearch/Tuned"]["config"]["max_position_embeddings"] == 131072
    assert entries["NousResearch/Longer"]["config"]["max_position_embeddings"] is None


def test_a_checkpoint_that_stores_one_table_of_embeddings_twice_is_left_out(tmp_path: Path) -> None:
    once = _row(name="meta-llama/Once", parameters_raw=_stored(tie_word_embeddings=True))
    built = _build(write_index(tmp_path, once, _row(name="meta-llama/Twice")))
    assert [json.loads(line)["repository"] for line in built.lines] == ["meta-llama/Once"]
    assert built.left_out[0].startswith("meta-llama/Twice: others of its shape store one table of embeddings")


def test_a_model_whose_stored_parameters_mislead_is_left_out_with_the_reason(tmp_path: Path) -> None:
    built = _build(write_index(tmp_path, _row(name="ibm-granite/granite-3.0-1b-a400m-base")))
    assert built.lines == ()
    assert "it stores its table of embeddings twice" in built.left_out[0]


def test_sources_that_contradict_each_other_leave_a_model_out(tmp_path: Path) -> None:
    index = write_index(tmp_path, _row())
    built = _build(index, write_specifications(tmp_path, _specified("meta-llama/Tiny", 2048, hidden_size=65)))
    assert built.lines == ()
    assert built.left_out[0].startswith("meta-llama/Tiny: hidden_size is 64 in one source and 65 in ")


def test_a_gated_model_takes_the_figures_of_copies_with_its_type_and_parameters(tmp_path: Path) -> None:
    hidden: Mapping[str, object] = {name: None for name, value in _row().items() if name.startswith(("num_", "h"))}
    gated = _row(**{**hidden, "name": "meta-llama/Gated", "hf_downloads": 5000})
    copy = _row(name="someone/copy")
    entry = _entries(write_index(tmp_path, gated, copy))["meta-llama/Gated"]
    assert entry["config"]["hidden_size"] == 64
    assert entry["provenance"].startswith("figures of checkpoints of its type and size in ")


def test_a_name_that_states_other_active_parameters_leaves_a_model_out(tmp_path: Path) -> None:
    built = _build(write_index(tmp_path, _row(name="meta-llama/Tiny-A3B")))
    assert built.lines == ()
    assert "its name says A3B" in built.left_out[0]


@pytest.mark.parametrize(
    "changes",
    [{"name": "nobody-known/Tiny"}, {"name": "meta-llama/Tiny-GGUF"}, {"hf_downloads": 3}, {"architecture": "own"}],
)
def test_models_of_others_requantised_unused_or_undescribed_are_not_considered(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    assert _build(write_index(tmp_path, _row(**changes))) == BuiltCatalogue((), ())


def test_a_family_whose_window_no_source_confirms_is_left_out(tmp_path: Path) -> None:
    built = _build(write_index(tmp_path, _row(name="google/gemma-of-tomorrow", architecture="gemma2")))
    assert built.lines == ()
    assert "no source states the fields that its parameters cannot prove" in built.left_out[0]


def test_defaults_of_a_class_count_where_they_give_the_stored_parameters(tmp_path: Path) -> None:
    fields = "\n".join(
        f"    {name}: object = {value!r}"
        for name, value in {**CONFIG, "max_position_embeddings": 2048}.items()
        if name not in {"architectures", "model_type"}
    )
    head = '@auto_docstring(checkpoint="meta-llama/Default")\nclass LlamaConfig:\n    model_type = "llama"\n'
    transformers = write_wheel(
        tmp_path, "transformers", {"transformers/models/llama/configuration_llama.py": head + fields}
    )
    unread = _row(name="meta-llama/Default", num_hidden_layers=None, context_length=None)
    entry = _entries(write_index(tmp_path, unread), transformers)["meta-llama/Default"]
    assert entry["config"] == {**CONFIG, "max_position_embeddings": None}
    assert entry["provenance"].startswith(f"defaults of its class in the PyPI package transformers {VERSION}; ")
    assert _entries(write_index(tmp_path, {**unread, "parameters_raw": 5}), transformers) == {}


@pytest.mark.parametrize("text", ["{", "[1]", '[{"name": "a/b"}]', "[" * 100_000])
def test_a_malformed_index_is_refused(tmp_path: Path, text: str) -> None:
    crate = write_crate(tmp_path, "llmfit-core", {"data/hf_models.json": text})
    with pytest.raises(InvalidInputError, match="is no index of models") as refused:
        _build(crate)
    assert refused.value.field == INDEX


@pytest.mark.parametrize("text", ["{", "[1]", '[{"model_specs": [{}]}]'])
def test_malformed_specifications_are_refused(tmp_path: Path, text: str) -> None:
    wheel = write_wheel(tmp_path, "xinference", {"xinference/model/llm/models/one.json": text})
    with pytest.raises(InvalidInputError, match="is no list of model specifications"):
        _build(wheel)


def test_a_configuration_module_that_is_no_python_is_refused(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, "transformers", {"transformers/models/a/configuration_a.py": "class :"})
    with pytest.raises(InvalidInputError, match="is no Python module"):
        _build(wheel)
