"""MiMo-V2-Flash; published fields that repeat the shape of sliding layers do not change it."""

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
    vocabularies,
    widths,
)


def _repeated(config: Config) -> Config:
    """State the shape of sliding layers as published files do."""
    return {
        **config,
        "swa_num_attention_heads": config["num_attention_heads"],
        "swa_num_key_value_heads": 2 * config["num_key_value_heads"],
        "swa_head_dim": config["head_dim"],
        "swa_v_head_dim": config["v_head_dim"],
        "add_swa_attention_sink_bias": True,
        "add_full_attention_sink_bias": False,
    }


_SHAPES = merged(
    head_shapes(),
    fields({"head_dim": st.sampled_from([4, 12]), "v_head_dim": st.sampled_from([4, 8])}),
)

BUILDS = {
    "mimo_v2_flash": Builds(
        merged(
            layered(
                {
                    "layer_types": st.sampled_from(["full_attention", "sliding_attention"]),
                    "mlp_layer_types": st.sampled_from(["dense", "sparse"]),
                }
            ),
            st.one_of(_SHAPES, _SHAPES.map(_repeated)),
            st.one_of(choices("n_routed_experts"), choices("num_local_experts")),
            fields(
                {"intermediate_size": widths, "moe_intermediate_size": widths, "vocab_size": vocabularies},
                {
                    "attention_bias": flags,
                    "tie_word_embeddings": flags,
                    "n_shared_experts": st.none(),
                    "sliding_window": st.sampled_from([16, 64]),
                },
            ),
        )
    )
}
