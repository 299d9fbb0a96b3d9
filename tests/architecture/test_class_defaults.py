"""Absent, null and differently spelt fields mean what they mean to the model's class."""

from typing import Any

import pytest

from neuroscale.architecture.reader import read_architecture
from tests.architecture.ground_truth_rows import model_rows

ROWS = {row["name"]: row for row in model_rows()}


def _config(name: str, **changes: object) -> dict[str, Any]:
    return {**ROWS[name]["config"], **changes}


@pytest.mark.parametrize("spelling", ["num_experts", "num_local_experts", "n_routed_experts"])
def test_the_number_of_experts_is_read_under_every_name_that_saving_gives_it(spelling: str) -> None:
    config = _config("Qwen/Qwen3-30B-A3B")
    config[spelling] = config.pop("num_experts")
    assert read_architecture(config) == read_architecture(ROWS["Qwen/Qwen3-30B-A3B"]["config"])


def test_a_list_of_equal_experts_per_token_is_one_number() -> None:
    config = _config("Qwen/Qwen3-30B-A3B", num_experts_per_tok=[8] * 48)
    assert read_architecture(config) == read_architecture(ROWS["Qwen/Qwen3-30B-A3B"]["config"])


def test_a_list_of_different_experts_per_token_is_not_counted() -> None:
    architecture = read_architecture(_config("Qwen/Qwen3-30B-A3B", num_experts_per_tok=[8] * 47 + [4]))
    assert architecture.parameters is None
    assert "num_experts_per_tok differs between layers" in architecture.unread[0]


@pytest.mark.parametrize("experts", [0, None])
def test_no_experts_leave_qwen_layers_dense(experts: int | None) -> None:
    architecture = read_architecture(_config("Qwen/Qwen3-30B-A3B", num_experts=experts))
    assert architecture.is_mixture_of_experts is False
    assert architecture.experts is None
    assert architecture.parameters is not None
    assert architecture.parameters.routed_experts == 0
    assert architecture.active_parameters == architecture.parameters.language_model


def test_a_single_expert_is_no_mixture() -> None:
    architecture = read_architecture(
        _config("mistralai/Mixtral-8x7B-v0.1", num_local_experts=1, num_experts_per_tok=1)
    )
    assert architecture.is_mixture_of_experts is False
    assert architecture.parameters is not None
    assert architecture.parameters.routed_experts == 0
    assert architecture.active_parameters == architecture.parameters.total


def test_gemma_4_without_the_switch_is_dense_whatever_it_says_about_experts() -> None:
    config = _config("google/gemma-4-26B-A4B")
    config["text_config"] = {**config["text_config"], "enable_moe_block": False}
    architecture = read_architecture(config)
    assert architecture.is_mixture_of_experts is False
    assert architecture.parameters is not None


def test_experts_per_token_left_open_is_not_counted() -> None:
    config = _config("deepseek-ai/DeepSeek-V2-Lite")
    del config["num_experts_per_tok"]
    architecture = read_architecture(config)
    assert architecture.parameters is None
    assert "how many experts compute a token" in architecture.unread[0]


def test_embeddings_are_tied_by_the_default_of_the_family() -> None:
    gemma = _config("google/gemma-4-E2B (text)")
    del gemma["tie_word_embeddings"]
    llama = _config("meta-llama/Meta-Llama-3.1-8B")
    del llama["tie_word_embeddings"]
    assert read_architecture(gemma).tied_embeddings is True
    assert read_architecture(llama).tied_embeddings is False


def test_the_root_of_a_multimodal_model_decides_whether_embeddings_are_tied() -> None:
    config = _config("google/gemma-4-26B-A4B")
    config["text_config"] = {**config["text_config"], "tie_word_embeddings": False}
    assert read_architecture(config).tied_embeddings is True


@pytest.mark.parametrize(
    "name", ["nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "kimi_linear at the defaults of its class"]
)
def test_a_class_that_cannot_tie_its_embeddings_is_not_counted_as_tied(name: str) -> None:
    architecture = read_architecture(_config(name, tie_word_embeddings=True))
    assert architecture.parameters is None
    assert "tied embeddings" in architecture.unread[0]


def test_the_dense_path_beside_experts_is_told_apart_from_the_experts() -> None:
    gemma = read_architecture(ROWS["google/gemma-4-26B-A4B"]["config"])
    mixtral = read_architecture(ROWS["mistralai/Mixtral-8x7B-v0.1"]["config"])
    assert gemma.experts is not None
    assert (gemma.dense_intermediate_size, gemma.experts.expert_intermediate_size) == (2112, 704)
    assert mixtral.experts is not None
    assert (mixtral.dense_intermediate_size, mixtral.experts.expert_intermediate_size) == (None, 14336)


def test_dense_first_layers_hold_no_experts() -> None:
    deepseek = read_architecture(ROWS["deepseek-ai/DeepSeek-V3"]["config"])
    assert deepseek.experts is not None
    assert (deepseek.layers, deepseek.experts.moe_layers) == (61, 58)
    assert deepseek.experts.shared_intermediate_size == 2048


@pytest.mark.parametrize("class_name", ["LlamaForSequenceClassification", "LlamaModel", "LlamaForCausalLMEagle3"])
def test_a_class_with_other_weights_is_not_counted(class_name: str) -> None:
    architecture = read_architecture(_config("meta-llama/Meta-Llama-3.1-8B", architectures=[class_name]))
    assert architecture.parameters is None
    assert class_name in architecture.unread[0]
