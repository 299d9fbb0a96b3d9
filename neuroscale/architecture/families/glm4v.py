"""GLM-4.1V and GLM-4.6V: a tower that ends in a merger, and a GLM-4 language model with four norms per layer.

Defined by Glm4vConfig, Glm46VConfig, GlmgaConfig and their ForConditionalGeneration classes of transformers; the
language model of GLM-4.6V may be of another family.
"""

from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.families.qwen2_vl import no_projector
from neuroscale.architecture.layer_plan import dense_layers, full_attention
from neuroscale.architecture.module_renaming import under_names
from neuroscale.architecture.towers.glm4v import GLM4V_VISION

GLM4V_TEXT = Family(
    model_types=("glm4v_text",),
    class_names=(),
    defaults={
        "vocab_size": 151552,
        "hidden_size": 4096,
        "intermediate_size": 13696,
        "num_hidden_layers": 40,
        "num_attention_heads": 32,
        "num_key_value_heads": 2,
        "max_position_embeddings": 32768,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=partial(grouped_query_attention, input_bias=True),
    dense=under_names(dense_feed_forward, {"mlp.gate_proj": "mlp.gate_up_proj", "mlp.up_proj": "mlp.gate_up_proj"}),
    norms_per_layer=4,
)
GLM4V = Composite(
    model_types=("glm4v",),
    class_names=("Glm4vForConditionalGeneration",),
    language_model=GLM4V_TEXT,
    vision=(AttachedTower(tower=GLM4V_VISION, projector=no_projector),),
    root_defaults={"tie_word_embeddings": False},
    tying="root or text",
)
GLM46V = Composite(
    model_types=("glm46v", "glmga"),
    class_names=("Glm46VForConditionalGeneration",),
    language_model="glm4v_text",
    vision=(AttachedTower(tower="glm4v_vision", projector=no_projector),),
    root_defaults={"tie_word_embeddings": False},
)

LANGUAGE_MODELS = (GLM4V_TEXT,)
COMPOSITES = (GLM4V, GLM46V)
