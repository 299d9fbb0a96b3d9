"""A.X-K2."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, choices, fields, flags, merged, vocabularies, widths
from tests.architecture.model_builds.strategies.axk1 import axk_layers
from tests.architecture.model_builds.strategies.deepseek import latent_shapes, shared_experts
from tests.architecture.model_builds.strategies.sparse_attention import indexers

BUILDS = {
    "axk2": Builds(
        merged(
            latent_shapes(),
            axk_layers(),
            choices("n_routed_experts"),
            indexers,
            fields(
                {"vocab_size": vocabularies, "intermediate_size": widths, "moe_intermediate_size": widths},
                {
                    "n_shared_experts": shared_experts,
                    "gated_norm_rank": st.sampled_from([2, 4, 8]),
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                },
            ),
        )
    )
}
