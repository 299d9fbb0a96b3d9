"""Experts that differ from the usual: a set per modality, single vectors, a switch that turns them off."""

import pytest

from neuroscale.architecture.reader import read_architecture


def test_a_text_token_computes_with_the_experts_of_text_alone() -> None:
    architecture = read_architecture({"model_type": "ernie4_5_vl_moe", "text_config": {}})
    assert architecture.parameters is not None
    assert architecture.parameters.routed_experts == 27 * 64 * 3 * 2560 * (1536 + 512)
    assert architecture.active_routed_experts == 27 * 6 * 3 * 2560 * 1536


@pytest.mark.parametrize("experts", [None, 0])
def test_a_model_of_deepseeks_shape_without_experts_is_dense(experts: int | None) -> None:
    shape = {"num_hidden_layers": 4, "hidden_size": 512, "n_routed_experts": experts}
    architecture = read_architecture({"model_type": "deepseek_v3", **shape})
    assert architecture.is_mixture_of_experts is False
    assert architecture.parameters is not None
    assert architecture.parameters.shared_experts == 0
    assert architecture.parameters.dense_feed_forward == 4 * 3 * 512 * 18432


def test_doge_without_its_switch_is_dense_though_it_states_experts() -> None:
    architecture = read_architecture({"model_type": "doge", "is_moe": False, "num_experts": 16384})
    assert architecture.is_mixture_of_experts is False
    assert architecture.experts is None


def test_an_expert_of_doge_is_one_vector_each_way() -> None:
    architecture = read_architecture({"model_type": "doge", "is_moe": True})
    experts = architecture.experts
    assert experts is not None
    assert (experts.routed_experts, experts.expert_intermediate_size, experts.matrices_per_expert) == (16384, 1, 2)
    assert architecture.active_routed_experts == 32 * 64 * 2 * 1024


def test_ling_3_with_an_incomplete_group_of_layers_is_not_counted() -> None:
    architecture = read_architecture({"model_type": "bailing_hybrid", "num_hidden_layers": 40})
    assert architecture.parameters is None
    assert "layer_group_size" in " ".join(architecture.unread)


def test_ling_3_keeps_a_state_in_its_linear_layers() -> None:
    attention = read_architecture({"model_type": "bailing_hybrid"}).attention
    assert attention is not None
    linear, latent = attention.groups
    assert (linear.kind, linear.layers, linear.kv_heads) == ("linear", 35, 0)
    assert linear.convolution_state_elements == 3 * 32 * 128 * 3
    assert linear.recurrent_state_elements == 32 * 128 * 128
    assert (latent.kind, latent.layers, latent.key_elements_per_token) == ("latent", 7, 512 + 64)


def test_the_published_spelling_of_unlimited_ocr_is_not_taken_for_defaults() -> None:
    architecture = read_architecture({"model_type": "unlimited_ocr", "language_config": {"hidden_size": 640}})
    assert architecture.parameters is None
    assert "language_config" in " ".join(architecture.unread)
