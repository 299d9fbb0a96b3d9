"""Hunyuan 3."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    choices,
    fields,
    flags,
    head_shapes,
    layered,
    merged,
    vocabularies,
    widths,
)

BUILDS = {
    "hy_v3": Builds(
        merged(
            layered({"mlp_layer_types": st.sampled_from(["dense", "sparse"])}),
            head_shapes(),
            st.one_of(choices(), choices("num_local_experts")),
            fields(
                {"intermediate_size": widths, "moe_intermediate_size": widths, "vocab_size": vocabularies},
                {
                    "num_shared_experts": st.sampled_from([1, 2]),
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "mlp_bias": flags,
                },
            ),
        )
    )
}
