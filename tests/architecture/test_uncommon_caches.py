"""What layers keep per token and per sequence where it does not follow from their heads alone."""

from typing import Any

import pytest

from neuroscale.architecture.model import AttentionGroup
from neuroscale.architecture.reader import read_architecture


def _groups(config: dict[str, Any]) -> dict[tuple[str, int], AttentionGroup]:
    """Return the groups by kind and number of layers."""
    architecture = read_architecture(config)
    assert architecture.parameters is not None, architecture.unread
    assert architecture.attention is not None
    return {(group.kind, group.layers): group for group in architecture.attention.groups}


def _mistral_large4(**text: Any) -> dict[str, Any]:
    return {"model_type": "mistral_large4", "text_config": {"num_hidden_layers": 4, **text}}


def test_a_layer_without_a_rotary_part_caches_the_latent_row_alone() -> None:
    groups = _groups(_mistral_large4(no_rope_layer_interval=4))
    assert groups["latent", 3].key_elements_per_token == 512 + 64
    assert groups["latent", 1].key_elements_per_token == 512


def test_a_layer_that_reads_the_cache_of_another_keeps_only_what_it_picks_by() -> None:
    groups = _groups(_mistral_large4(no_rope_layers=[1] * 4, kv_source_layers=[0] * 4))
    owner, readers = groups["latent", 1], groups["latent", 3]
    assert (owner.kv_heads, owner.key_elements_per_token) == (1, 512 + 64)
    assert (readers.kv_heads, readers.key_elements_per_token, readers.indexer_elements_per_token) == (0, 0, 128)


def test_a_layer_that_reuses_picks_has_no_indexer() -> None:
    groups = _groups(_mistral_large4(no_rope_layers=[1] * 4, index_topk_pattern="FSSS"))
    assert groups["latent", 1].indexer_elements_per_token == 128
    assert groups["latent", 3].indexer_elements_per_token == 0


def test_only_layers_that_pick_blocks_have_an_indexer_in_minimax_m3() -> None:
    sparse = {"sparse_attention_freq": [0, 1, 1], "sparse_index_dim": 64}
    groups = _groups(
        {"model_type": "minimax_m3_vl_text", "num_hidden_layers": 3, "sparse_attention_config": sparse}
    )
    assert groups["full", 1].indexer_elements_per_token == 0
    assert groups["full", 2].indexer_elements_per_token == 64
    assert groups["full", 2].kv_heads == 4


def _qwen4(**fields: Any) -> dict[str, Any]:
    indexer = {"indexer_n_heads": 2, "indexer_kv_heads": 1, "indexer_head_dim": 128, "indexer_compress_ratio": 16}
    return {"model_type": "qwen4_exp_text", "num_hidden_layers": 4, **indexer, **fields}


def test_an_index_key_that_stands_for_several_tokens_is_shared_among_them() -> None:
    assert _groups(_qwen4())["full", 1].indexer_elements_per_token == 128 // 16


def test_a_layer_that_looks_up_n_grams_keeps_the_inputs_of_its_dilated_convolution() -> None:
    groups = _groups(_qwen4(ple_layer_ids=[2]))
    plain, looking_up = groups["linear", 2], groups["linear", 1]
    added = looking_up.convolution_state_elements - plain.convolution_state_elements
    assert added == 4 * 2048 * (4 - 1) * 3


def test_zaya_keeps_a_constant_state_beside_its_cache() -> None:
    groups = _groups({"model_type": "zaya", "num_hidden_layers": 2})
    group = groups["full", 2]
    assert (group.kv_heads, group.key_elements_per_token, group.value_elements_per_token) == (2, 128, 128)
    assert group.convolution_state_elements == (8 + 2) * 128 * 2
    assert group.recurrent_state_elements == 2 * 128 // 2


@pytest.mark.parametrize(("model_type", "heads", "width"), [("nllb-moe", 16, 64), ("switch_transformers", 12, 64)])
def test_only_the_decoder_of_an_encoder_and_decoder_caches_tokens(model_type: str, heads: int, width: int) -> None:
    groups = _groups({"model_type": model_type})
    assert groups["none", 12].kv_heads == 0
    assert groups["full", 12].kv_heads == heads
    assert groups["full", 12].key_elements_per_token == width


def test_sliding_layers_of_step_3_7_have_a_window_whatever_their_heads() -> None:
    text = {
        "num_hidden_layers": 2,
        "num_attention_groups": 8,
        "layer_types": ["full_attention", "sliding_attention", "sliding_attention"],
        "num_nextn_predict_layers": 1,
        "sliding_window": 512,
        "attention_other_setting": {"attention_type": "sliding_attention", "num_attention_heads": 96},
    }
    groups = _groups({"model_type": "step3p7", "text_config": text})
    assert groups["sliding", 1].window_tokens == 512
    assert groups["sliding", 1].kv_heads == groups["full", 1].kv_heads == 8


@pytest.mark.parametrize(("window", "kind"), [(None, "full"), (1024, "sliding")])
def test_a_window_of_nemotron_h_holds_for_every_attention_layer(window: int | None, kind: str) -> None:
    config = {"model_type": "nemotron_h", "hybrid_override_pattern": "M**-", "sliding_window": window}
    assert _groups(config)[kind, 2].window_tokens == window
