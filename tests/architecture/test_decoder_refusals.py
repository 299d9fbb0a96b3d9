"""Recurrent, hybrid and dense decoders refuse what their descriptions do not cover, and count nothing wrongly."""

from typing import Any

import pytest

from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError

HYBRID = ["mamba", "hybrid", "mamba", "hybrid"]


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        pytest.param({"model_type": "mpt", "expansion_ratio": 8}, "expansion_ratio", id="a wider MPT"),
        pytest.param({"model_type": "mpt", "no_bias": False}, "no_bias", id="an MPT with biases"),
        pytest.param({"model_type": "mpt", "attn_config": {"qk_ln": True}}, "qk_ln", id="an MPT with head norms"),
        pytest.param(
            {"model_type": "mpt", "attn_config": {"attn_type": "multiquery_attention"}},
            "'multiquery_attention'",
            id="an MPT with one key/value head",
        ),
        pytest.param(
            {"model_type": "xglm", "add_cross_attention": True},
            "add_cross_attention",
            id="XGLM as the decoder of an encoder",
        ),
        pytest.param(
            {"model_type": "zamba2", "num_hidden_layers": 4, "layers_block_type": HYBRID}
            | {"tie_word_embeddings": False},
            "tie_word_embeddings",
            id="a Zamba2 whose class would not share its shared layer",
        ),
        pytest.param(
            {"model_type": "zamba", "num_hidden_layers": 2, "layers_block_type": ["mamba", "moe"]},
            "'moe'",
            id="a Zamba layer that no class knows",
        ),
        pytest.param(
            {"model_type": "lfm2", "block_ffn_dim_multiplier": None},
            "block_ffn_dim_multiplier",
            id="an LFM2 whose feed-forward has no factor",
        ),
        pytest.param(
            {"model_type": "lfm2", "num_hidden_layers": 1, "layer_types": ["sliding_attention"]},
            "'sliding_attention'",
            id="an LFM2 layer that no class knows",
        ),
        pytest.param(
            {"model_type": "recurrent_gemma", "block_types": ["recurrent", "mamba"]},
            "'mamba'",
            id="a RecurrentGemma block that no class knows",
        ),
        pytest.param(
            {"model_type": "gemma3n", "text_config": {}, "vision_config": {"architecture": "resnet50"}},
            "mobilenetv5_300m_enc",
            id="Gemma 3n with another vision tower",
        ),
        pytest.param(
            {"model_type": "gemma3n", "text_config": {}, "vision_config": {"model_args": {"depth": 3}}},
            "mobilenetv5_300m_enc",
            id="Gemma 3n with a changed vision tower",
        ),
        pytest.param(
            {"model_type": "gemma3n", "text_config": {}}
            | {"audio_config": {"sscp_conv_kernel_size": [[5, 5], [3, 3]]}},
            "sscp_conv_kernel_size",
            id="Gemma 3n with other convolutions",
        ),
        pytest.param(
            {"model_type": "mamba2", "tie_word_embeddings": True, "architectures": ["Mamba2Model"]},
            "Mamba2Model",
            id="a class without an output head",
        ),
        pytest.param(
            {"model_type": "xlstm", "tie_word_embeddings": True},
            "output head of its own",
            id="an xLSTM that asks to be tied",
        ),
    ],
)
def test_what_is_not_covered_is_not_counted(config: dict[str, Any], reason: str) -> None:
    architecture = read_architecture(config)
    assert architecture.parameters is None
    assert any(reason in sentence for sentence in architecture.unread), architecture.unread


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"model_type": "mamba2", "num_heads": 100}, "num_heads"),
        ({"model_type": "mamba", "time_step_rank": "wide"}, "time_step_rank"),
        ({"model_type": "bamba", "mamba_n_heads": 100}, "mamba_n_heads"),
        ({"model_type": "falcon_h1", "mamba_d_head": 4}, "mamba_d_head"),
        ({"model_type": "zamba", "attn_layer_period": 0}, "attn_layer_period"),
        ({"model_type": "zamba2", "layers_block_type": HYBRID}, "layers_block_type"),
        ({"model_type": "xlstm", "embedding_dim": 512}, "embedding_dim"),
        ({"model_type": "xlstm", "qk_dim_factor": None}, "qk_dim_factor"),
        ({"model_type": "xlstm", "num_heads": 7}, "num_heads"),
        ({"model_type": "smollm3", "no_rope_layers": [1, 0]}, "no_rope_layers"),
        ({"model_type": "hrm_text", "H_cycles": 4096}, "H_cycles"),
        ({"model_type": "gemma3n_text", "num_kv_shared_layers": 35}, "num_kv_shared_layers"),
        ({"model_type": "gemma3n_text", "intermediate_size": [8192]}, "intermediate_size"),
        (
            {"model_type": "gemma3n", "text_config": {}, "audio_config": {"sscp_conv_channel_size": [8]}},
            "audio_config.sscp_conv_channel_size",
        ),
        ({"model_type": "phi4_multimodal", "audio_config": {"time_reduction": 3}}, "audio_config.time_reduction"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["model_type"],
)
def test_a_value_that_no_model_can_have_is_named(config: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        read_architecture(config)
    assert field in str(refusal.value)


@pytest.mark.parametrize(
    ("model_type", "published"),
    [
        ("mpt", {"d_model": 4096, "n_heads": 32, "n_layers": 32}),
        ("xglm", {"d_model": 4096, "attention_heads": 32, "num_layers": 32}),
    ],
)
def test_published_and_saved_names_mean_the_same(model_type: str, published: dict[str, int]) -> None:
    saved = dict(zip(("hidden_size", "num_attention_heads", "num_hidden_layers"), published.values(), strict=True))
    first = read_architecture({"model_type": model_type, **published})
    second = read_architecture({"model_type": model_type, **saved})
    assert first.parameters is not None
    assert first == second
