"""Ling-3 and Ring-3."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    merged,
    per_layer,
    vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.deepseek import latent_shapes, shared_experts


@st.composite
def _shapes(draw: st.DrawFn) -> Config:
    drawn = draw(latent_shapes())
    # The class has no compressed queries.
    del drawn["q_lora_rank"]
    return {**drawn, "head_dim": draw(st.sampled_from([4, 8, 16]))}


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    group = draw(st.integers(1, 3))
    layers = group * draw(st.integers(1, 3))
    drawn: Config = {"num_hidden_layers": layers, "layer_group_size": group}
    if draw(flags):
        drawn["layer_types"] = draw(per_layer(st.sampled_from(["linear_attention", "full_attention"]), layers))
    if draw(flags):
        drawn["mlp_layer_types"] = draw(per_layer(st.sampled_from(["dense", "sparse"]), layers))
    elif draw(flags):
        drawn["first_k_dense_replace"] = draw(st.integers(0, layers))
    return drawn


BUILDS = {
    "bailing_hybrid": Builds(
        merged(
            _shapes(),
            _layers(),
            choices(),
            fields(
                {
                    "vocab_size": vocabularies,
                    "intermediate_size": widths,
                    "moe_intermediate_size": widths,
                    # The class default lies outside small vocabularies.
                    "pad_token_id": st.none(),
                },
                {
                    "num_shared_experts": shared_experts,
                    "short_conv_kernel_size": st.integers(2, 5),
                    "attention_bias": flags,
                },
            ),
        )
    )
}
