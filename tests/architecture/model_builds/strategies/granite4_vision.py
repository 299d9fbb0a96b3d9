"""Granite 4 Vision."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, fields, flags, layer_counts, widths
from tests.architecture.model_builds.parts import text_model, vision_towers, without

_QFORMER = fields(
    {"intermediate_size": widths, "num_hidden_layers": layer_counts},
    {"cross_attention_frequency": st.sampled_from([1, 2]), "use_qformer_text_input": flags},
)

# The class cannot be built without the two fields that say what its projectors read.
BUILDS = {
    "granite4_vision": Builds(
        fields(
            {
                "text_config": without(text_model("llama", stated=False), "intermediate_size", "vocab_size"),
                "vision_config": vision_towers("clip_vision_model", "siglip_vision_model").map(
                    lambda drawn: {**drawn, "hidden_size": 64, "num_attention_heads": 2}
                ),
                "downsample_rate": st.sampled_from(["1/2", "4/8", "2/3"]),
                "deepstack_layer_map": st.sampled_from([[], [[-1, 0]], [[-2, 0], [-1, 1]]]),
            },
            {"tie_word_embeddings": flags, "qformer_config": _QFORMER},
        ),
        ComponentNames(vision_tower=r"vision|image_newline|_projectors\."),
        default={"downsample_rate": "4/8", "deepstack_layer_map": []},
    )
}
