"""gpt-oss."""

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
    "gpt_oss": Builds(
        merged(
            layered({"layer_types": st.sampled_from(["full_attention", "sliding_attention"])}),
            head_shapes(),
            st.one_of(choices("num_local_experts"), choices("num_experts")),
            fields(
                {"intermediate_size": widths, "vocab_size": vocabularies},
                {
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "sliding_window": st.sampled_from([16, 64]),
                    "num_local_experts": st.just(1),
                },
            ),
        )
    )
}
