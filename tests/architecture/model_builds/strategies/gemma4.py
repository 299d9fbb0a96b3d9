"""Gemma 4: two head shapes, shared keys and values, an embedding per layer, experts, both towers or none."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    merged,
    vocabularies,
    widths,
)

# A multimodal configuration without its language model is read as incomplete, not as the library's default.
STATED_TEXT: Config = {"text_config": {}}
NAMES = ComponentNames(router=r"\.router\.")
_KINDS = ("sliding_attention", "full_attention")


@st.composite
def global_heads(draw: st.DrawFn) -> Config:
    """Draw heads of which full layers may have fewer, wider key/value heads."""
    shape = draw(head_shapes(head_dimension=False))
    shape["head_dim"] = draw(st.sampled_from([4, 8, 16]))
    shape["global_head_dim"] = draw(st.sampled_from([8, 16]))
    if draw(flags):
        shape["num_global_key_value_heads"] = draw(st.sampled_from([None, 1]))
    return shape


@st.composite
def shared_layers(draw: st.DrawFn, *, sharing: bool = True) -> Config:
    """Draw layers, perhaps each kind, and how many of the last reuse the keys and values of earlier ones.

    Every kind of a reusing layer must come before; the class refuses others.
    """
    layers = draw(st.integers(min_value=1, max_value=8))
    kinds = ["full_attention" if (index + 1) % 6 == 0 else "sliding_attention" for index in range(layers)]
    drawn: Config = {"num_hidden_layers": layers}
    if draw(flags):
        kinds = draw(st.lists(st.sampled_from(_KINDS), min_size=layers, max_size=layers))
        drawn["layer_types"] = list(kinds)
    kinds[-1] = "full_attention"
    most = max(
        (count for count in range(layers) if set(kinds[: layers - count]) == set(kinds)),
        default=0,
    )
    if sharing and most:
        drawn["num_kv_shared_layers"] = draw(st.integers(min_value=0, max_value=most))
    return drawn


_DENSE = st.just({"enable_moe_block": False, "num_experts": None, "top_k_experts": None})
_EXPERTS = merged(
    choices("num_experts", "top_k_experts"),
    fields({"enable_moe_block": st.just(True), "moe_intermediate_size": widths}),
)
_PER_LAYER = fields(
    {"hidden_size_per_layer_input": st.sampled_from([0, 4, 8])}, {"vocab_size_per_layer_input": vocabularies}
)

TEXT = merged(
    global_heads(),
    shared_layers(),
    st.one_of(_DENSE, _EXPERTS),
    _PER_LAYER,
    fields(
        {"intermediate_size": widths, "vocab_size": vocabularies},
        {"attention_k_eq_v": flags, "use_double_wide_mlp": flags, "attention_bias": flags},
    ),
)


@st.composite
def vision_towers(draw: st.DrawFn) -> Config:
    """Draw a tower of Gemma 4."""
    heads = draw(st.sampled_from([1, 2, 4]))
    return {
        "hidden_size": heads * draw(st.sampled_from([4, 8])),
        "num_attention_heads": heads,
        "num_key_value_heads": heads,
        "head_dim": draw(st.sampled_from([4, 8, 12])),
        "intermediate_size": draw(widths),
        "num_hidden_layers": draw(st.integers(min_value=1, max_value=3)),
        "patch_size": draw(st.sampled_from([2, 4])),
        "position_embedding_size": draw(st.sampled_from([16, 32])),
        "standardize": draw(flags),
    }


@st.composite
def audio_towers(draw: st.DrawFn) -> Config:
    """Draw a conformer of Gemma 4."""
    heads = draw(st.sampled_from([1, 2, 4]))
    return {
        "hidden_size": heads * draw(st.sampled_from([4, 8])),
        "num_attention_heads": heads,
        "num_hidden_layers": draw(st.integers(min_value=1, max_value=3)),
        "conv_kernel_size": draw(st.sampled_from([3, 5])),
        "output_proj_dims": draw(widths),
        "subsampling_conv_channels": draw(st.sampled_from([[8, 4], [16, 8]])),
    }


BUILDS = {
    "gemma4_text": Builds(merged(TEXT, fields({}, {"tie_word_embeddings": flags})), NAMES),
    "gemma4": Builds(
        fields(
            {"text_config": TEXT},
            {"vision_config": vision_towers(), "audio_config": audio_towers(), "tie_word_embeddings": flags},
        ),
        NAMES,
        default=STATED_TEXT,
    ),
}
