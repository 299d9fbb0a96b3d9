"""GLM-4.5V."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    choices,
    fields,
    flags,
    head_shapes,
    layer_counts,
    merged,
    vocabularies,
    widths,
)
from tests.architecture.model_builds.parts import voxel_tower, without

_TEXT = merged(
    head_shapes(),
    choices("n_routed_experts"),
    fields(
        {
            "intermediate_size": widths,
            "moe_intermediate_size": widths,
            "num_hidden_layers": layer_counts,
            "vocab_size": vocabularies,
        },
        {
            "model_type": st.just("glm4v_moe_text"),
            "first_k_dense_replace": st.sampled_from([0, 2, 9]),
            "n_shared_experts": st.sampled_from([0, 1, 2]),
            "attention_bias": flags,
            "tie_word_embeddings": flags,
        },
    ),
)
_TOWER = without(voxel_tower("glm4v_vision", stated=False), "in_channels", "attention_bias")

BUILDS = {
    "glm4v_moe": Builds(
        fields({"text_config": _TEXT, "vision_config": _TOWER}, {"tie_word_embeddings": flags}),
    )
}
