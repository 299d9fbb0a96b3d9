"""dots.llm1."""

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
from tests.architecture.model_builds.strategies.deepseek import dense_first, shared_experts


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    drawn = draw(dense_first())
    layers = drawn["num_hidden_layers"]
    match draw(st.sampled_from(["list", "window", "none", "default"])):
        case "list":
            kinds = st.sampled_from(["sliding_attention", "full_attention"])
            drawn["layer_types"] = draw(per_layer(kinds, layers))
        case "window":
            drawn["max_window_layers"] = draw(st.integers(0, layers))
        case "none":
            drawn["sliding_window"] = None
    return drawn


BUILDS = {
    "dots1": Builds(
        merged(
            head_shapes(),
            _layers(),
            choices("n_routed_experts"),
            fields(
                {
                    "vocab_size": vocabularies,
                    "intermediate_size": widths,
                    "moe_intermediate_size": widths,
                    "n_shared_experts": shared_experts,
                },
                {"tie_word_embeddings": flags, "attention_bias": flags},
            ),
        ),
        # The class has no number of experts by default and cannot be built without one.
        default={"n_routed_experts": 128, "n_shared_experts": 2, "num_experts_per_tok": 6},
    )
}
