"""GLM-4.5V and GLM-4.6V with experts: the tower of GLM-4.1V before a GLM-4.5 language model without head norms.

Defined by Glm4vMoeConfig, Glm4vMoeTextConfig and Glm4vMoeForConditionalGeneration of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import grouped_query_attention
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.decoder import AttentionBlock, LayerKind, UncountableError
from neuroscale.architecture.families.glm4_moe import GLM4_MOE
from neuroscale.architecture.families.qwen2_vl import no_projector
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.towers.glm4v import GLM4V_VISION


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    # vLLM builds head norms where the file says so and transformers never does.
    if fields.flag("use_qk_norm"):
        raise UncountableError("head norms (use_qk_norm) are not covered")
    return grouped_query_attention(fields, kind, input_bias="attention_bias")


GLM4V_MOE_TEXT = replace(
    GLM4_MOE,
    model_types=("glm4v_moe_text",),
    class_names=(),
    defaults={
        **GLM4_MOE.defaults,
        "vocab_size": 151424,
        "max_position_embeddings": 65536,
        "attention_bias": True,
    },
    attention=_attention,
)
GLM4V_MOE = Composite(
    model_types=("glm4v_moe",),
    class_names=("Glm4vMoeForConditionalGeneration",),
    language_model=GLM4V_MOE_TEXT,
    vision=(AttachedTower(tower=GLM4V_VISION, projector=no_projector),),
    root_defaults={"tie_word_embeddings": False},
    tying="root or text",
)

LANGUAGE_MODELS = (GLM4V_MOE_TEXT,)
COMPOSITES = (GLM4V_MOE,)
