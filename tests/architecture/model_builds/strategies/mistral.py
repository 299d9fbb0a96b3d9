"""Mistral, Ministral and Ministral 3."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    fields,
    flags,
    head_shapes,
    layer_counts,
    merged,
    per_layer,
    vocabularies,
    widths,
)

_SIZES = {"intermediate_size": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies}


@st.composite
def _stated_layers(draw: st.DrawFn) -> Config:
    layers = draw(layer_counts)
    drawn: Config = {"num_hidden_layers": layers}
    if draw(flags):
        drawn |= {"layer_types": draw(per_layer(st.sampled_from(["sliding_attention", "full_attention"]), layers))}
    return drawn


_WIDTHS = {"intermediate_size": widths, "vocab_size": vocabularies, "head_dim": st.sampled_from([4, 8, 16])}
BUILDS = {
    "mistral": Builds(
        merged(
            head_shapes(),
            fields(
                _SIZES,
                {
                    "tie_word_embeddings": flags,
                    "sliding_window": st.sampled_from([None, 8, 64]),
                },
            ),
        )
    ),
    "ministral": Builds(
        merged(
            head_shapes(),
            _stated_layers(),
            fields(
                _WIDTHS,
                {
                    "tie_word_embeddings": flags,
                    "sliding_window": st.sampled_from([None, 8, 64]),
                },
            ),
        ),
        # The class cannot do without a head width, which is null by default.
        default={"head_dim": 128},
    ),
    "ministral3": Builds(
        merged(
            head_shapes(),
            fields(
                _SIZES,
                {
                    "tie_word_embeddings": flags,
                    "sliding_window": st.sampled_from([None, 8, 64]),
                },
            ),
        )
    ),
}
