"""Phi-3.5-MoE: biases in attention and in the output head."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    choices,
    fields,
    flags,
    head_shapes,
    layer_counts,
    merged,
    vocabularies,
    widths,
)

BUILDS = {
    "phimoe": Builds(
        merged(
            head_shapes(),
            choices("num_local_experts"),
            fields(
                {"intermediate_size": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies},
                {
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "lm_head_bias": flags,
                    "sliding_window": st.sampled_from([None, 32]),
                },
            ),
        ),
        ComponentNames(router=r"\.router\.|\.gate\."),
    )
}
