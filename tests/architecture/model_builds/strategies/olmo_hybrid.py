"""OLMo Hybrid."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    fields,
    flags,
    head_shapes,
    merged,
    per_layer,
    vocabularies,
    widths,
)


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(st.integers(min_value=2, max_value=9))
    if draw(flags):
        return {"num_hidden_layers": layers}
    middle = draw(per_layer(st.sampled_from(["linear_attention", "full_attention"]), layers - 2))
    return {"num_hidden_layers": layers, "layer_types": ["linear_attention", *middle, "full_attention"]}


BUILDS = {
    "olmo_hybrid": Builds(
        merged(
            head_shapes(),
            _layers(),
            fields(
                {"intermediate_size": widths, "vocab_size": vocabularies},
                {
                    "linear_num_key_heads": st.sampled_from([None, 1, 2]),
                    "linear_num_value_heads": st.sampled_from([None, 2, 4]),
                    "linear_key_head_dim": st.sampled_from([None, 4, 6]),
                    "linear_value_head_dim": st.sampled_from([None, 4, 8]),
                    "linear_conv_kernel_dim": st.integers(min_value=2, max_value=5),
                    "attention_bias": flags,
                    "tie_word_embeddings": flags,
                    "pad_token_id": st.none(),
                },
            ),
            st.just({"pad_token_id": None}),
        )
    )
}
