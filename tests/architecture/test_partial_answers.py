"""A model whose family is not described gets what can be read, reasons for the rest, and never a count."""

from typing import Any

import pytest

from neuroscale.architecture.reader import read_architecture

UNKNOWN: dict[str, Any] = {
    "model_type": "brand_new",
    "architectures": ["BrandNewForCausalLM"],
    "hidden_size": 4096,
    "num_hidden_layers": 40,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 100000,
    "max_position_embeddings": 65536,
    "torch_dtype": "bfloat16",
}


def test_what_is_stated_is_read() -> None:
    architecture = read_architecture(UNKNOWN)
    assert (architecture.layers, architecture.hidden_size, architecture.vocabulary_size) == (40, 4096, 100000)
    assert architecture.attention is not None
    assert (architecture.attention.heads, architecture.attention.kv_heads) == (32, 8)
    assert architecture.context is not None
    assert architecture.context.original_tokens == 65536
    assert architecture.data_type == "bfloat16"
    assert architecture.class_names == ("BrandNewForCausalLM",)


def test_nothing_is_counted_and_the_reasons_are_given() -> None:
    architecture = read_architecture(UNKNOWN)
    assert architecture.parameters is None
    assert architecture.unread == (
        "The parameters were not counted: the model type 'brand_new' is not described.",
        "The shape of the KV cache was not read: it is a matter of the family.",
        "The experts were not read: no field says for certain whether the model has routed experts.",
    )


def test_no_expert_field_does_not_make_an_unknown_model_dense() -> None:
    assert read_architecture(UNKNOWN).is_mixture_of_experts is None


@pytest.mark.parametrize("count", [0, 1, None])
def test_a_count_that_means_nothing_does_not_make_an_unknown_model_dense_either(count: int | None) -> None:
    architecture = read_architecture({**UNKNOWN, "num_experts": count, "num_experts_per_tok": 1})
    assert architecture.is_mixture_of_experts is None


def test_experts_are_described_when_nothing_is_left_to_guess() -> None:
    stated = {
        "n_routed_experts": 64,
        "num_experts_per_tok": 6,
        "moe_intermediate_size": 1408,
        "first_k_dense_replace": 2,
    }
    architecture = read_architecture({**UNKNOWN, **stated})
    assert architecture.is_mixture_of_experts is True
    assert architecture.experts is not None
    assert (architecture.experts.routed_experts, architecture.experts.moe_layers) == (64, 38)


def test_layers_with_experts_are_counted_where_they_are_listed() -> None:
    stated = {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 64}
    by_number = read_architecture({**UNKNOWN, **stated, "moe_layer_freq": [0, 1, 1]}).experts
    by_name = read_architecture({**UNKNOWN, **stated, "mlp_layer_types": ["dense", "sparse", "sparse"]}).experts
    assert by_number is not None
    assert by_number == by_name
    assert by_number.moe_layers == 2


def test_experts_whose_layers_are_unknown_are_told_in_words_only() -> None:
    architecture = read_architecture({**UNKNOWN, "num_experts": 64, "num_experts_per_tok": 6})
    assert architecture.is_mixture_of_experts is True
    assert architecture.experts is None
    assert "64 routed experts, 6 per token, are stated" in architecture.unread[-1]


def test_an_unknown_wrapper_of_a_known_language_model_tells_its_heads_and_experts_but_counts_nothing() -> None:
    config = {"model_type": "brand_new_vl", "text_config": {"model_type": "qwen3_moe"}, "vision_config": {}}
    architecture = read_architecture(config)
    assert architecture.parameters is None
    assert architecture.experts is not None
    assert architecture.experts.routed_experts == 128
    assert architecture.attention is not None
    assert architecture.attention.groups
    assert "its language model 'qwen3_moe'" in architecture.unread[-1]


def test_an_empty_configuration_is_answered_with_reasons() -> None:
    architecture = read_architecture({})
    assert architecture.model_type == ""
    assert architecture.parameters is None
    assert len(architecture.unread) == 6
