"""Cohere Compass: Command A's layer, all full unless `layer_types` says otherwise, and the tower of Qwen3-VL.

The heads share the hidden size whatever `head_dim` says. Defined by CohereCompassTextConfig, CohereCompassConfig,
CohereCompassForCausalLM and CohereCompassForConditionalGeneration of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import key_value_heads, multi_head_attention
from neuroscale.architecture.decoder import AttentionBlock, LayerKind
from neuroscale.architecture.families.cohere import COHERE2
from neuroscale.architecture.families.qwen3_vl import qwen3_vision_tower
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention, stated_attention_kinds


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    return multi_head_attention(
        fields, kind, input_bias="attention_bias", output_bias="attention_bias", kv_heads=key_value_heads(fields)
    )


COHERE_COMPASS_TEXT = replace(
    COHERE2,
    model_types=("cohere_compass_text",),
    class_names=("CohereCompassForCausalLM",),
    layers=lambda fields: dense_layers(stated_attention_kinds(fields) or full_attention(fields)),
    attention=_attention,
)

COHERE_COMPASS = replace(
    COHERE_COMPASS_TEXT,
    model_types=("cohere_compass",),
    class_names=("CohereCompassForConditionalGeneration",),
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False},
    vision=qwen3_vision_tower,
)

FAMILIES = (COHERE_COMPASS_TEXT, COHERE_COMPASS)
