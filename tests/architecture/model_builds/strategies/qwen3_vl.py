"""Qwen3-VL, dense and MoE: a Qwen3 language model and a vision tower with mergers for several of its layers."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    layer_counts,
    merged,
    vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.gemma4 import STATED_TEXT
from tests.architecture.model_builds.strategies.qwen2_moe import QWEN_MOE_NAMES, sparse_layers


@st.composite
def vision_towers(draw: st.DrawFn, *, deep: bool = True) -> Config:
    """Draw a tower; `deep` ones may feed layers of the language model from several of their own."""
    heads = draw(st.sampled_from([1, 2]))
    shape: Config = {
        "hidden_size": heads * draw(st.sampled_from([8, 16])),
        "num_heads": heads,
        "intermediate_size": draw(widths),
        "out_hidden_size": draw(widths),
        "num_position_embeddings": draw(st.sampled_from([4, 16])),
        draw(st.sampled_from(["depth", "num_hidden_layers"])): draw(st.integers(min_value=1, max_value=3)),
    }
    if deep and draw(flags):
        shape["deepstack_visual_indexes"] = draw(st.sampled_from([[], [0], [0, 1]]))
    return shape | draw(
        fields(
            {},
            {
                "in_channels": st.sampled_from([1, 3]),
                "patch_size": st.sampled_from([2, 4]),
                "temporal_patch_size": st.sampled_from([1, 2]),
                "spatial_merge_size": st.sampled_from([1, 2]),
            },
        )
    )


_DENSE = merged(
    head_shapes(),
    fields(
        {"intermediate_size": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies},
        {"attention_bias": flags, "tie_word_embeddings": flags},
    ),
)
MOE_TEXT = merged(
    head_shapes(),
    choices("num_experts"),
    sparse_layers("num_experts"),
    fields(
        {"intermediate_size": widths, "moe_intermediate_size": widths, "vocab_size": vocabularies},
        {"attention_bias": flags, "tie_word_embeddings": flags},
    ),
)
_RESAVED_MOE_TEXT = merged(
    head_shapes(),
    choices("num_local_experts"),
    fields({"moe_intermediate_size": widths, "vocab_size": vocabularies, "num_hidden_layers": layer_counts}),
)


def _builds(text: st.SearchStrategy[Config]) -> Builds:
    return Builds(
        fields({"text_config": text}, {"vision_config": vision_towers(), "tie_word_embeddings": flags}),
        QWEN_MOE_NAMES,
        default=STATED_TEXT,
    )


BUILDS = {"qwen3_vl": _builds(_DENSE), "qwen3_vl_moe": _builds(st.one_of(MOE_TEXT, _RESAVED_MOE_TEXT))}
