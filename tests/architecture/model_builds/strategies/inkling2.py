"""Inkling 2."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    layer_counts,
    layered,
    merged,
    vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.inkling import inkling_heads

# A gate of the attention is no router.
_NAMES = ComponentNames(router=r"\.mlp\.gate\.")
_TEXT = merged(
    inkling_heads(),
    layered({"layer_types": st.sampled_from(["hybrid", "hybrid_sliding"])}),
    choices("n_routed_experts"),
    fields(
        {"vocab_size": vocabularies, "moe_intermediate_size": widths},
        {
            "sliding_window_size": st.sampled_from([16, 24]),
            "rel_extent": st.sampled_from([16, 32]),
            "d_rel": st.sampled_from([2, 4]),
            "conv_kernel_size": st.sampled_from([2, 3]),
        },
    ),
)


@st.composite
def _tower(draw: st.DrawFn, text_width: int) -> Config:
    heads = draw(st.sampled_from([1, 2]))
    sizes = fields(
        {"num_hidden_layers": layer_counts, "patch_size": st.sampled_from([2, 4])},
        {
            "intermediate_size": widths,
            "mlp_ratio": st.sampled_from([2.0, 2.5]),
            "num_channels": st.sampled_from([1, 3]),
            "spatial_merge_size": st.sampled_from([1, 3]),
            "posemb_grid_size": st.sampled_from([2, 4]),
            "projection_hidden_dim": widths,
            "projector_bias": flags,
        },
    )
    width = 8 * heads * draw(st.sampled_from([1, 2]))
    return {"hidden_size": width, "num_attention_heads": heads, "text_hidden_size": text_width, **draw(sizes)}


@st.composite
def _joined(draw: st.DrawFn) -> Config:
    text = draw(_TEXT)
    return {"text_config": text, "vision_config": draw(_tower(text["hidden_size"]))}


BUILDS = {"inkling2_text": Builds(_TEXT, _NAMES), "inkling2": Builds(_joined(), _NAMES)}
