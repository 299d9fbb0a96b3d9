"""GLM-OCR: the language model of GLM-4.1V without biases, behind a tower of its own.

Defined by GlmOcrConfig and GlmOcrForConditionalGeneration of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import grouped_query_attention
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.families.glm4v import GLM4V_TEXT
from neuroscale.architecture.families.qwen2_vl import no_projector
from neuroscale.architecture.towers.glm_ocr import GLM_OCR_VISION

GLM_OCR_TEXT = replace(
    GLM4V_TEXT,
    model_types=("glm_ocr_text",),
    defaults={
        "vocab_size": 59392,
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 16,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "max_position_embeddings": 131072,
    },
    attention=grouped_query_attention,
)
GLM_OCR = Composite(
    model_types=("glm_ocr",),
    class_names=("GlmOcrForConditionalGeneration",),
    language_model=GLM_OCR_TEXT,
    vision=(AttachedTower(tower=GLM_OCR_VISION, projector=no_projector),),
    root_defaults={"tie_word_embeddings": False},
    tying="root or text",
)

LANGUAGE_MODELS = (GLM_OCR_TEXT,)
COMPOSITES = (GLM_OCR,)
