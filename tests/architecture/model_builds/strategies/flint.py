"""Flint."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
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
    layers = draw(st.integers(1, 8))
    drawn: Config = {"num_hidden_layers": layers}
    if draw(flags):
        drawn["layer_types"] = draw(per_layer(st.sampled_from(["sliding_attention", "full_attention"]), layers))
    if draw(flags):
        drawn["mlp_only_layers"] = draw(st.none() | st.lists(st.integers(0, layers), max_size=3, unique=True))
    if draw(flags):
        drawn["decoder_sparse_step"] = draw(st.integers(1, 3))
    return drawn


BUILDS = {
    "flint": Builds(
        merged(
            head_shapes(),
            _layers(),
            choices(),
            fields(
                {"vocab_size": vocabularies, "intermediate_size": widths, "moe_intermediate_size": widths},
                {"shared_expert_intermediate_size": widths, "tie_word_embeddings": flags, "attention_bias": flags},
            ),
        )
    )
}
