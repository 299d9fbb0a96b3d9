"""RecurrentGemma."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    fields,
    flags,
    head_shapes,
    merged,
    vocabularies,
    widths,
)


@st.composite
def _width(draw: st.DrawFn) -> Config:
    shape = draw(head_shapes())
    if draw(flags):
        shape["lru_width"] = draw(st.sampled_from([None, shape["num_attention_heads"] * 8]))
    return shape


BUILDS = {
    "recurrent_gemma": Builds(
        merged(
            _width(),
            fields(
                {
                    "intermediate_size": widths,
                    "num_hidden_layers": st.integers(min_value=1, max_value=7),
                    "vocab_size": vocabularies,
                },
                {
                    "block_types": st.lists(st.sampled_from(["recurrent", "attention"]), min_size=1, max_size=3),
                    "conv1d_width": st.integers(min_value=2, max_value=5),
                    "attention_window_size": st.sampled_from([16, 64]),
                    "attention_bias": flags,
                    "tie_word_embeddings": flags,
                },
            ),
        )
    )
}
