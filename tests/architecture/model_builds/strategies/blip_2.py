"""BLIP-2 with a decoder."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, fields, flags, layer_counts, merged, widths
from tests.architecture.model_builds.parts import text_model, tower_heads

_VISION = merged(
    tower_heads(),
    fields(
        {"intermediate_size": widths, "num_hidden_layers": layer_counts, "image_size": st.sampled_from([8, 14])},
        {"patch_size": st.sampled_from([2, 4]), "qkv_bias": flags},
    ),
)
_QFORMER = merged(
    tower_heads(),
    fields(
        {"intermediate_size": widths, "num_hidden_layers": layer_counts},
        {"cross_attention_frequency": st.sampled_from([1, 2, 3]), "use_qformer_text_input": flags},
    ),
)
_OPT = merged(
    tower_heads(),
    fields(
        {
            "num_hidden_layers": layer_counts,
            "vocab_size": st.integers(min_value=16, max_value=64),
            "ffn_dim": widths,
            "max_position_embeddings": st.sampled_from([8, 16]),
        },
        {"tie_word_embeddings": flags, "model_type": st.just("opt")},
    ),
).map(lambda drawn: {**drawn, "word_embed_proj_dim": drawn["hidden_size"]})

BUILDS = {
    "blip-2": Builds(
        fields(
            {
                "text_config": st.one_of(_OPT, text_model("llama"), text_model("qwen3_moe")),
                "vision_config": _VISION,
                "qformer_config": _QFORMER,
            },
            {"num_query_tokens": st.sampled_from([2, 4])},
        ),
        ComponentNames(vision_tower=r"vision_model|query_tokens|qformer|language_projection"),
    )
}
