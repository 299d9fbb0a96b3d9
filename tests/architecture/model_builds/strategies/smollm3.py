"""SmolLM3."""

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

_SIZES = {"intermediate_size": widths, "vocab_size": vocabularies}


@st.composite
def _position_switches(draw: st.DrawFn) -> Config:
    """Draw the layers that know no positions: as a list, as an interval, or left out."""
    layers = draw(layer_counts)
    drawn: Config = {"num_hidden_layers": layers}
    match draw(st.sampled_from(["list", "interval", "default"])):
        case "list":
            drawn["no_rope_layers"] = draw(per_layer(st.integers(0, 1), layers))
        case "interval":
            drawn["no_rope_layer_interval"] = draw(st.integers(1, 4))
    return drawn


BUILDS = {
    "smollm3": Builds(
        merged(
            head_shapes(),
            fields(
                _SIZES,
                {
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "mlp_bias": flags,
                    "num_key_value_heads": st.none(),
                    "sliding_window": st.sampled_from([None, 8, 64]),
                    "use_sliding_window": flags,
                },
            ),
            _position_switches(),
            st.just({"pad_token_id": None}),
        )
    ),
}
