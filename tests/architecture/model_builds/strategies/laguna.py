"""Laguna, with query heads that differ between layers."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    layered,
    merged,
    per_layer,
    vocabularies,
    widths,
)


@st.composite
def _heads_by_layer(draw: st.DrawFn) -> Config:
    config = draw(
        merged(
            layered(
                {
                    "layer_types": st.sampled_from(["full_attention", "sliding_attention"]),
                    "mlp_layer_types": st.sampled_from(["dense", "sparse"]),
                }
            ),
            head_shapes(),
        )
    )
    if draw(flags):
        kv_heads = config["num_key_value_heads"]
        counts = st.sampled_from([kv_heads, 2 * kv_heads, 3 * kv_heads])
        config["num_attention_heads_per_layer"] = draw(per_layer(counts, config["num_hidden_layers"]))
    return config


BUILDS = {
    "laguna": Builds(
        merged(
            _heads_by_layer(),
            choices(),
            fields(
                {
                    "intermediate_size": widths,
                    "moe_intermediate_size": widths,
                    "shared_expert_intermediate_size": widths,
                    "vocab_size": vocabularies,
                },
                {
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "gating": st.sampled_from([True, "per-head", "per-element"]),
                },
            ),
        )
    )
}
