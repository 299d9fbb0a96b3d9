"""Layers that draft tokens are counted apart from the model, and only where their parts are known."""

from typing import Any

import pytest

from neuroscale.architecture.model import MultiTokenPrediction
from neuroscale.architecture.reader import read_architecture


def _prediction(config: dict[str, Any]) -> MultiTokenPrediction | None:
    architecture = read_architecture(config)
    assert architecture.parameters is not None, architecture.unread
    return architecture.multi_token_prediction


def _nemotron(**fields: Any) -> dict[str, Any]:
    sizes = {"hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8}
    experts = {
        "n_routed_experts": 4,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 16,
        "moe_shared_expert_intermediate_size": 32,
    }
    return {"model_type": "nemotron_h", "hybrid_override_pattern": "M-*E", **sizes, **experts, **fields}


def test_a_draft_layer_of_nemotron_h_is_made_of_the_mixers_that_its_pattern_names() -> None:
    attention = 64 * (4 + 2 * 2) * 8 + 4 * 8 * 64
    experts = 64 * 4 + 4 * 2 * 64 * 16 + 2 * 64 * 32
    mixers = attention + experts + 2 * 64
    around = 2 * 64 * 64 + 3 * 64
    assert _prediction(_nemotron(num_nextn_predict_layers=1)) == MultiTokenPrediction(1, mixers + around)


@pytest.mark.parametrize("fields", [{"num_nextn_predict_layers": 2}, {"mtp_hybrid_override_pattern": "ME"}])
def test_draft_layers_that_no_engine_builds_are_not_counted(fields: dict[str, Any]) -> None:
    stated = {"num_nextn_predict_layers": 1, **fields}
    assert _prediction(_nemotron(**stated)) == MultiTokenPrediction(stated["num_nextn_predict_layers"])


def test_a_draft_layer_of_minimax_m3_has_experts_and_an_indexer() -> None:
    sizes = {
        "hidden_size": 64,
        "num_hidden_layers": 1,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "intermediate_size": 16,
        "shared_intermediate_size": 16,
        "num_local_experts": 4,
        "index_n_heads": 2,
        "index_head_dim": 8,
    }
    attention = 64 * (4 + 2 * 2) * 8 + 4 * 8 * 64 + 2 * 8
    indexer = 64 * (2 + 1) * 8 + 2 * 8
    experts = 64 * 4 + 5 * 3 * 64 * 16
    layer = attention + indexer + experts + 2 * 64 * 64 + 5 * 64
    config = {"model_type": "minimax_m3_vl_text", **sizes, "num_mtp_modules": 3}
    assert _prediction(config) == MultiTokenPrediction(3, 3 * layer)


def _step(**text: Any) -> dict[str, Any]:
    sizes = {
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 1,
        "num_attention_heads": 4,
        "num_attention_groups": 2,
        "head_dim": 8,
        "vocab_size": 50,
        "num_nextn_predict_layers": 1,
    }
    return {"model_type": "step3p7", "text_config": {**sizes, **text}}


def test_a_draft_layer_of_step_3_7_has_an_output_head_of_its_own() -> None:
    attention = 64 * (4 + 2 * 2) * 8 + 4 * 8 * 64 + 64 * 4 + 2 * 8
    layer = attention + 3 * 64 * 96 + 2 * 64 * 64 + 5 * 64 + 50 * 64
    config = _step(layer_types=["full_attention"] * 2, mlp_layer_types=["dense"] * 2)
    assert _prediction(config) == MultiTokenPrediction(1, layer)


def test_draft_layers_of_step_3_7_are_not_counted_where_the_lists_end_with_the_model() -> None:
    assert _prediction(_step(layer_types=["full_attention"])) == MultiTokenPrediction(1)


def test_draft_layers_of_qwen4_exp_mix_all_residual_streams() -> None:
    sizes = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
        "num_experts": 4,
        "moe_intermediate_size": 8,
        "shared_expert_intermediate_size": 8,
        "hc_count": 2,
        "hc_lowrank": 4,
    }
    indexer = {"indexer_n_heads": 2, "indexer_kv_heads": 1, "indexer_head_dim": 8, "indexer_compress_ratio": 4}
    mixer = 32 + 2 * 32 * 4
    attention = 16 * (2 * 2 + 2) * 8 + 2 * 8 * 16 + 2 * 8 + 16 * 3 * 8 + 2 * 8
    experts = 16 * 4 + 5 * 3 * 16 * 8 + 16
    layer = attention + experts + 2 * (mixer + 32 * 2)
    around = 2 * 16 * 16 + 16 + 32 + mixer
    config = {"model_type": "qwen4_exp_text", **sizes, **indexer, "num_experts_per_tok": 2}
    assert _prediction({**config, "mtp_num_hidden_layers": 2}) == MultiTokenPrediction(2, 2 * layer + around)
    assert _prediction(config) is None


def test_the_draft_layer_of_mimo_has_what_the_published_checkpoint_stores_beyond_the_model() -> None:
    """MiMo-7B-Base stores 7,833,409,536 parameters; the figures are those of its file."""
    config = {
        "model_type": "mimo",
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "vocab_size": 151680,
        "max_position_embeddings": 32768,
        "num_nextn_predict_layers": 1,
    }
    architecture = read_architecture(config)
    assert architecture.parameters is not None
    assert architecture.multi_token_prediction == MultiTokenPrediction(1, 210_790_400)
    assert architecture.parameters.total + 210_790_400 == 7_833_409_536
    assert _prediction({**config, "num_nextn_predict_layers": 3}) == MultiTokenPrediction(3, 3 * 210_790_400)
