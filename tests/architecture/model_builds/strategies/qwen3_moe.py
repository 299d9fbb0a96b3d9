"""Qwen3-MoE: sparse steps and dense layers, in the published and in the re-saved spelling of the experts."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    choices,
    fields,
    flags,
    head_shapes,
    merged,
    vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.qwen2_moe import QWEN_MOE_NAMES, sparse_layers

BUILDS = {
    "qwen3_moe": Builds(
        merged(
            head_shapes(),
            st.one_of(
                merged(choices("num_experts"), sparse_layers("num_experts")),
                merged(choices("num_local_experts"), sparse_layers("num_local_experts")),
            ),
            fields(
                {"intermediate_size": widths, "moe_intermediate_size": widths, "vocab_size": vocabularies},
                {
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "use_sliding_window": flags,
                    "sliding_window": st.sampled_from([None, 32]),
                },
            ),
        ),
        QWEN_MOE_NAMES,
    )
}
