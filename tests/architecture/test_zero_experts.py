"""Zero experts are choices of a router that pass their input on: they have no weights and compute no token."""

from typing import Any

import pytest

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.reader import read_architecture

# The class defaults are those of LongCat-Flash-Chat; its report gives 560 billion parameters, and 18.6 to 31.3
# billion that compute a token, 27 billion on average (https://arxiv.org/abs/2509.01322).
PUBLISHED_PARAMETERS = 560e9
PUBLISHED_ACTIVE_PARAMETERS = 27e9


def _read(**fields: Any) -> ModelArchitecture:
    return read_architecture({"model_type": "longcat_flash", **fields})


def test_zero_experts_add_rows_to_the_router_and_nothing_else() -> None:
    without, with_zero_experts = _read(zero_expert_num=0).parameters, _read(zero_expert_num=256).parameters
    assert without is not None
    assert with_zero_experts is not None
    rows = 256 * 6144 * 28
    assert with_zero_experts.router - without.router == rows
    assert with_zero_experts.total - without.total == rows


def test_the_experts_of_a_token_are_shared_with_those_that_have_no_weights() -> None:
    architecture = _read()
    assert architecture.parameters is not None
    assert architecture.experts is not None
    assert architecture.experts.routed_experts == 512
    assert architecture.experts.zero_experts == 256
    assert architecture.experts.experts_per_token == 12
    # 12 choices among 768 of which 512 compute: 8 on average.
    assert architecture.active_routed_experts == architecture.parameters.routed_experts * 8 // 512


def test_the_published_model_has_the_parameters_of_its_report() -> None:
    architecture = _read()
    assert architecture.parameters is not None
    assert architecture.parameters.total == pytest.approx(PUBLISHED_PARAMETERS, rel=0.005)
    assert architecture.active_parameters == pytest.approx(PUBLISHED_ACTIVE_PARAMETERS, rel=0.05)


def test_each_half_of_a_double_layer_keeps_a_cache_of_its_own() -> None:
    architecture = _read(num_layers=3)
    assert architecture.attention is not None
    assert architecture.experts is not None
    assert [group.layers for group in architecture.attention.groups] == [6]
    assert architecture.experts.moe_layers == 3


@pytest.mark.parametrize("name", ["router_bias", "attention_bias", "tie_word_embeddings"])
def test_what_transformers_and_vllm_build_differently_is_not_counted(name: str) -> None:
    architecture = _read(**{name: True})
    assert architecture.parameters is None
    assert architecture.unread


@pytest.mark.parametrize("class_name", ["LongcatFlashForCausalLM", "LongcatFlashNgramForCausalLM"])
def test_a_published_file_without_a_model_type_is_told_by_its_class(class_name: str) -> None:
    """The files name their remote code in `auto_map` alone; vLLM goes by the first of their classes."""
    stated = {"architectures": [class_name], "num_layers": 3, "zero_expert_num": 4}
    architecture = read_architecture(stated)
    assert architecture.model_type == "longcat_flash"
    assert architecture == read_architecture({**stated, "model_type": "longcat_flash"})
    assert architecture.parameters is not None


@pytest.mark.parametrize("class_names", [[], ["LlamaForCausalLM"], ["Unknown", "LongcatFlashForCausalLM"]], ids=str)
def test_other_files_without_a_model_type_are_not_guessed(class_names: list[str]) -> None:
    architecture = read_architecture({"architectures": class_names, "num_layers": 3})
    assert architecture.model_type == ""
    assert architecture.parameters is None
