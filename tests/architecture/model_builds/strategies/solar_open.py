"""Solar Open: routed and shared experts in every layer."""

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
    "solar_open": Builds(
        merged(
            head_shapes(),
            st.one_of(choices("n_routed_experts"), choices("num_local_experts")),
            fields(
                {"moe_intermediate_size": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies},
                {
                    "n_shared_experts": st.integers(min_value=0, max_value=3),
                    "intermediate_size": widths,
                    "first_k_dense_replace": st.just(0),
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                },
            ),
        ),
        ComponentNames(router=r"\.mlp\.gate\."),
    )
}
