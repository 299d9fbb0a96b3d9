"""HyperCLOVA X with images."""

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, fields, flags
from tests.architecture.model_builds.parts import text_models, voxel_tower

# As for Mistral 3, the root's tie_word_embeddings is always stated.
BUILDS = {
    "hyperclovax_vision_v2": Builds(
        fields(
            {
                "text_config": text_models("hyperclovax", "llama"),
                "vision_config": voxel_tower("qwen2_5_vl_vision"),
                "tie_word_embeddings": flags,
            }
        ),
        ComponentNames(vision_tower=r"vision|projector"),
        default={"tie_word_embeddings": False},
    )
}
