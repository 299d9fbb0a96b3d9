"""A.X-K1."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    layer_counts,
    merged,
    per_layer,
    vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.deepseek import latent_shapes, shared_experts


@st.composite
def axk_layers(draw: st.DrawFn) -> Config:
    """Draw where experts are: by a list, by dense first layers and a distance, or by class default."""
    layers = draw(layer_counts)
    drawn: Config = {"num_hidden_layers": layers}
    match draw(st.sampled_from(["list", "first", "default"])):
        case "list":
            drawn["mlp_layer_types"] = draw(per_layer(st.sampled_from(["dense", "sparse"]), layers))
        case "first":
            drawn["first_k_dense_replace"] = draw(st.integers(0, layers))
            if draw(flags):
                drawn["moe_layer_freq"] = draw(st.integers(1, 3))
    return drawn


BUILDS = {
    "axk1": Builds(
        merged(
            latent_shapes(),
            axk_layers(),
            choices("n_routed_experts"),
            fields(
                {"vocab_size": vocabularies, "intermediate_size": widths, "moe_intermediate_size": widths},
                {"n_shared_experts": shared_experts, "tie_word_embeddings": flags, "attention_bias": flags},
            ),
        )
    )
}
