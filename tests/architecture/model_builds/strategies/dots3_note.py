"""dots3-note and its language model alone."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    merged,
    per_layer,
    vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.deepseek import latent_shapes, shared_experts

_TYPES = ["indexed_attention", "full_attention", "sliding_attention"]


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(st.integers(1, 7))
    drawn: Config = {"num_hidden_layers": layers}
    match draw(st.sampled_from(["types", "step", "list", "default"])):
        case "types":
            drawn["mlp_layer_types"] = draw(per_layer(st.sampled_from(["dense", "sparse"]), layers))
        case "step":
            drawn["first_k_dense_replace"] = draw(st.integers(0, layers))
            drawn["moe_layer_freq"] = draw(st.integers(1, 3))
        case "list":
            drawn["first_k_dense_replace"] = draw(st.integers(0, 2))
            drawn["moe_layer_freq"] = draw(per_layer(st.integers(0, 1), layers))
    if draw(flags):
        drawn["layer_types"] = draw(per_layer(st.sampled_from(_TYPES), layers))
    elif draw(flags):
        drawn["use_sliding_window"] = draw(flags)
    if draw(flags):
        drawn["use_dsa"] = draw(flags)
    return drawn


@st.composite
def _sliding(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2, 4]))
    rotary, plain = draw(st.sampled_from([4, 8])), draw(st.sampled_from([8, 16]))
    drawn: Config = {
        "swa_num_attention_heads": heads,
        "swa_num_key_value_heads": heads,
        "swa_q_lora_rank": draw(widths),
        "swa_kv_lora_rank": draw(widths),
        "swa_head_dim": rotary + plain,
        "swa_qk_nope_head_dim": plain,
        "swa_v_head_dim": draw(st.sampled_from([8, 16, 20])),
    }
    if draw(flags):
        drawn["swa_qk_rope_head_dim"] = rotary
    return drawn


_TEXT = merged(
    latent_shapes(),
    _layers(),
    _sliding(),
    choices("n_routed_experts"),
    fields(
        {
            "vocab_size": vocabularies,
            "intermediate_size": widths,
            "moe_intermediate_size": widths,
            # The class defaults lie outside small vocabularies, and the rotary part of a full layer in its indexer.
            "pad_token_id": st.none(),
            "head_dim": st.just(32),
            "index_head_dim": st.sampled_from([8, 16, 32]),
        },
        {
            "n_shared_experts": shared_experts,
            "moe_shared_expert_intermediate_size": widths,
            "index_n_heads": st.sampled_from([1, 2, 4]),
            "sliding_window_size": st.sampled_from([64, 128]),
            "attention_bias": flags,
        },
    ),
)


@st.composite
def _vision(draw: st.DrawFn, hidden: int) -> Config:
    heads, merge = draw(st.sampled_from([1, 2])), draw(st.sampled_from([1, 2]))
    width, layers = heads * draw(st.sampled_from([8, 16])), draw(st.integers(1, 4))
    drawn: Config = {
        draw(st.sampled_from(["hidden_size", "embed_dim"])): width,
        draw(st.sampled_from(["num_attention_heads", "num_heads"])): heads,
        "num_hidden_layers": layers,
        "intermediate_size": draw(widths),
        "moe_intermediate_size": draw(widths),
        "patch_size": draw(st.sampled_from([2, 4])),
        "adapter_in_dim": width,
        "adapter_out_dim": hidden,
        "adapter_merge_size": merge,
        "spatial_merge_size": merge,
    }
    match draw(st.sampled_from(["pyramid", "types", "biased", "default"])):
        case "pyramid":
            drawn["pyramid_num_routed"] = draw(per_layer(st.sampled_from([-1, 0, 1, 2, 4]), layers))
        case "types":
            drawn["mlp_layer_types"] = draw(per_layer(st.sampled_from(["dense", "sparse"]), layers))
            drawn["num_local_experts"] = draw(st.integers(1, 4))
            drawn["use_bias"] = draw(flags)
        case "biased":
            drawn["mlp_layer_types"] = ["dense"] * layers
            drawn["mlp_bias"] = True
            drawn["attention_bias"] = draw(flags)
    return drawn


@st.composite
def _audio(draw: st.DrawFn, hidden: int) -> Config:
    heads = draw(st.sampled_from([1, 2]))
    width = heads * draw(st.sampled_from([8, 16]))
    drawn: Config = {
        "downsample_hidden_size": draw(st.sampled_from([2, 4])),
        draw(st.sampled_from(["adapter_out_dim", "whisper_adapter_out_dim", "adapter_output_size"])): hidden,
    }
    if draw(flags):
        drawn["whisper_config"] = {
            "d_model": width,
            "encoder_attention_heads": heads,
            "encoder_layers": draw(st.integers(1, 3)),
            "encoder_ffn_dim": draw(widths),
            "num_mel_bins": draw(st.sampled_from([8, 20])),
        }
        drawn["whisper_adapter_in_dim"] = width
        return drawn
    drawn |= {
        "hidden_size": width,
        "num_attention_heads": heads,
        "num_hidden_layers": draw(st.integers(1, 3)),
        "intermediate_size": draw(widths),
        "feature_size": draw(st.sampled_from([8, 20])),
        "adapter_input_size": width,
        "attention_bias": draw(flags),
    }
    return drawn


@st.composite
def _composites(draw: st.DrawFn) -> Config:
    text = draw(_TEXT)
    towers = {
        "vision_config": draw(_vision(text["hidden_size"])),
        "audio_config": draw(_audio(text["hidden_size"])),
    }
    tied = draw(fields({}, {"tie_word_embeddings": flags}))
    return {**text, **towers, **tied} if draw(flags) else {"text_config": text, **towers, **tied}


BUILDS = {
    "dots3_note_text": Builds(merged(_TEXT, fields({}, {"tie_word_embeddings": flags}))),
    "dots3_note": Builds(_composites(), class_names=("Dots3NoteForConditionalGeneration",)),
}
