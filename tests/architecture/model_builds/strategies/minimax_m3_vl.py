"""MiniMax-M3: layers with an indexer and with experts, in the published and in the re-saved spelling."""

from typing import Any

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
    per_layer,
    vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.gemma4 import STATED_TEXT

_NAMES = ComponentNames(router=r"\.mlp\.gate\.weight")
_BITS = st.integers(min_value=0, max_value=1)


@st.composite
def _plans(draw: st.DrawFn) -> Config:
    layers = draw(st.integers(min_value=1, max_value=5))
    if draw(flags):
        optional: dict[str, st.SearchStrategy[Any]] = {
            "layer_types": per_layer(st.sampled_from(["full_attention", "minimax_m3_sparse"]), layers),
            "mlp_layer_types": per_layer(st.sampled_from(["dense", "sparse"]), layers),
            "index_n_heads": st.sampled_from([1, 2]),
            "index_head_dim": st.sampled_from([4, 8]),
        }
    else:
        optional = {
            "moe_layer_freq": per_layer(_BITS, layers),
            "sparse_attention_config": fields(
                {"sparse_attention_freq": per_layer(_BITS, layers)},
                {"sparse_num_index_heads": st.sampled_from([1, 2]), "sparse_index_dim": st.sampled_from([4, 8])},
            ),
        }
    return {"num_hidden_layers": layers} | draw(fields({}, optional))


_TEXT = merged(
    head_shapes(),
    _plans(),
    st.one_of(choices("num_local_experts"), choices("num_experts")),
    fields(
        {
            "intermediate_size": widths,
            "dense_intermediate_size": widths,
            "shared_intermediate_size": widths,
            "vocab_size": vocabularies,
            "rotary_dim": st.just(4),
        },
        {"tie_word_embeddings": flags},
    ),
)


@st.composite
def _vision_towers(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2]))
    optional = {
        "num_channels": st.sampled_from([1, 3]),
        "temporal_patch_size": st.sampled_from([1, 2]),
        "spatial_merge_size": st.sampled_from([1, 2]),
    }
    return {
        "hidden_size": heads * draw(st.sampled_from([8, 16])),
        "num_attention_heads": heads,
        "intermediate_size": draw(widths),
        "num_hidden_layers": draw(st.integers(min_value=1, max_value=3)),
        "patch_size": draw(st.sampled_from([2, 4])),
    } | draw(fields({}, optional))


BUILDS = {
    "minimax_m3_vl_text": Builds(_TEXT, _NAMES),
    "minimax_m3_vl": Builds(
        fields(
            {"text_config": _TEXT},
            {"vision_config": _vision_towers(), "projector_hidden_size": widths, "tie_word_embeddings": flags},
        ),
        _NAMES,
        default=STATED_TEXT,
    ),
}
