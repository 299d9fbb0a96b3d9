"""GLM-5 Next, in the published and in the re-saved spelling of its linear attention and of its indexers."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
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
from tests.architecture.model_builds.parts import voxel_tower, without


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    # The class takes the first three layers of its own list as dense, so that it needs three.
    layers = draw(st.integers(min_value=3, max_value=6))
    drawn: Config = {"num_hidden_layers": layers}
    kinds = st.sampled_from(["linear_attention", "indexed_attention", "full_attention"])
    if draw(flags):
        drawn["layer_types"] = draw(per_layer(kinds, layers))
    if draw(flags):
        drawn["mlp_layer_types"] = draw(per_layer(st.sampled_from(["dense", "sparse"]), layers))
    match draw(st.sampled_from(["types", "pattern", "period", "left out"])):
        case "types":
            drawn["indexer_types"] = draw(per_layer(st.sampled_from(["full", "shared"]), layers))
        case "pattern":
            drawn["index_topk_pattern"] = "".join(draw(per_layer(st.sampled_from("FS"), layers)))
        case "period":
            drawn["index_topk_freq"] = draw(st.sampled_from([1, 2, 3]))
            drawn["index_skip_topk_offset"] = draw(st.sampled_from([0, 1, 2]))
    return drawn


@st.composite
def _linear(draw: st.DrawFn) -> Config:
    head, heads, kernel = (
        draw(st.sampled_from([4, 8])),
        draw(st.sampled_from([1, 2, 4])),
        draw(st.sampled_from([2, 4])),
    )
    if draw(flags):
        return {"linear_attn_config": {"head_dim": head, "num_heads": heads, "short_conv_kernel_size": kernel}}
    return {"linear_head_dim": head, "linear_num_heads": heads, "linear_conv_kernel_dim": kernel}


@st.composite
def _heads(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2, 4]))
    return {"num_attention_heads": heads, "num_key_value_heads": heads}


_TEXT = merged(
    _layers(),
    _linear(),
    _heads(),
    st.one_of(choices("n_routed_experts"), choices("num_local_experts")),
    fields(
        {
            "hidden_size": widths,
            "intermediate_size": widths,
            "moe_intermediate_size": widths,
            "q_lora_rank": st.sampled_from([8, 12]),
            "kv_lora_rank": st.sampled_from([8, 20]),
            "qk_nope_head_dim": st.sampled_from([4, 6]),
            "v_head_dim": st.sampled_from([4, 10]),
            "index_head_dim": st.sampled_from([8, 16]),
            "index_n_heads": st.sampled_from([1, 2]),
            "vocab_size": vocabularies,
            # The default lies outside a small vocabulary.
            "pad_token_id": st.just(0),
        },
        {
            "model_type": st.just("glm5_next_text"),
            "n_shared_experts": st.sampled_from([0, 1, 2]),
            "hc_mult": st.sampled_from([1, 2]),
            "index_kpool": st.sampled_from([1, 4]),
            "attention_bias": flags,
        },
    ),
)
_TOWER = merged(
    without(voxel_tower("glm4v_vision", stated=False), "in_channels", "attention_bias", "image_size"),
    fields({"projection_intermediate_size": widths}),
)

BUILDS = {
    "glm5_next": Builds(
        st.one_of(
            fields({"text_config": _TEXT, "vision_config": _TOWER}, {"tie_word_embeddings": flags}),
            # Files without a nested language model keep its fields in the root.
            merged(_TEXT, fields({"vision_config": _TOWER})).map(
                lambda drawn: {name: value for name, value in drawn.items() if name != "model_type"}
            ),
        ),
        ComponentNames(vision_tower=r"^model\.visual\."),
    )
}
