"""ERNIE 4.5 VL."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    layer_counts,
    merged,
    per_layer,
    vocabularies,
    widths,
)


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(layer_counts)
    drawn: Config = {"num_hidden_layers": layers}
    if draw(flags):
        drawn["mlp_layer_types"] = draw(per_layer(st.sampled_from(["dense", "sparse"]), layers))
    return drawn


@st.composite
def _heads(draw: st.DrawFn) -> Config:
    drawn = draw(head_shapes())
    head = drawn.get("head_dim") or drawn["hidden_size"] // drawn["num_attention_heads"]
    if head < 8:
        drawn["head_dim"] = head = 8
    # Half of a head is shared among height, width and time.
    sections = [head // 4 - 1, head // 4 - 1, 2]
    return {**drawn, "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": sections}}


_TEXT = merged(
    _heads(),
    _layers(),
    choices("moe_num_experts", "moe_k"),
    fields(
        {"vocab_size": vocabularies, "intermediate_size": widths},
        {
            "moe_intermediate_size": st.none() | st.lists(widths, min_size=2, max_size=2),
            "moe_num_shared_experts": st.integers(0, 3),
            "use_bias": flags,
        },
    ),
)
_VISION = fields(
    {"hidden_size": st.sampled_from([16, 32]), "num_heads": st.sampled_from([1, 2])},
    {
        "depth": st.integers(1, 3),
        "intermediate_size": widths,
        "in_channels": st.integers(1, 3),
        "patch_size": st.sampled_from([2, 4]),
        "spatial_merge_size": st.integers(1, 2),
        "temporal_merge_size": st.integers(1, 2),
    },
)

BUILDS = {
    "ernie4_5_vl_moe": Builds(
        fields({"text_config": _TEXT}, {"vision_config": _VISION, "tie_word_embeddings": flags}),
        ComponentNames(
            vision_tower=r"\.vision_tower\.|\.resampler_model\.",
            routed_experts=r"_moe\.experts\.",
            router=r"_moe\.gate\.",
        ),
    )
}
