"""InternViT in its published form, as the InternVL chat models name its fields.

Each layer scales what it adds by two vectors; norms of queries and keys span all heads. Defined by
InternVisionConfig of the published weights and InternVisionModel of vLLM 0.33.0.
"""

from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import Tower, patch_count, patch_embedding, width_of
from neuroscale.architecture.towers.internvl import intern_vit_layer


def _parameters(fields: Fields) -> int:
    width = width_of(fields)
    layer = intern_vit_layer(fields, qkv_bias="qkv_bias", query_key_norms="qk_normalization")
    return (
        width
        + patch_embedding(fields, width, bias=True)
        + (patch_count(fields) + 1) * width
        + layer_count(fields) * layer
    )


INTERN_VIT = Tower(
    model_types=("intern_vit_6b",),
    defaults={
        "hidden_size": 3200,
        "intermediate_size": 12800,
        "num_hidden_layers": 48,
        "num_channels": 3,
        "image_size": 224,
        "patch_size": 14,
        "qkv_bias": False,
        "qk_normalization": True,
        "norm_type": "rms_norm",
    },
    parameters=_parameters,
)

TOWERS = (INTERN_VIT,)
