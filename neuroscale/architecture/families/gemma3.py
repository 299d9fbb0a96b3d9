"""Gemma 3: head norms, four norms per layer, five sliding layers for each full one, and a SigLIP vision tower.

Embeddings are tied by default. Older files give the period of full layers as `sliding_window_pattern`.
ShieldGemma 2 is the same model behind another class. Defined by Gemma3TextConfig, Gemma3Config, ShieldGemma2Config
and their model classes of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import dense_feed_forward, hidden_size
from neuroscale.architecture.composite import AttachedTower, Composite, tower_parameters
from neuroscale.architecture.decoder import Family, LayerKind
from neuroscale.architecture.families.qwen3 import qwen3_attention
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import dense_layers, every_nth_layer_full


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    period = fields.integer("sliding_window_pattern", maximum=MAXIMUM_LAYERS)
    return dense_layers(every_nth_layer_full(fields, period))


def _projector(_root: Fields, text: Fields, tower: Fields) -> int:
    width = hidden_size(tower)
    return width * hidden_size(text) + width


_TOWER = AttachedTower(tower="siglip_vision_model", projector=_projector)


def _tower(root: Fields) -> int:
    text = root.nested("text_config", GEMMA3_TEXT.defaults) or Fields({}, GEMMA3_TEXT.defaults, "text_config")
    return tower_parameters(_TOWER, root, text)


GEMMA3_TEXT = Family(
    model_types=("gemma3_text",),
    class_names=("Gemma3ForCausalLM",),
    defaults={
        "vocab_size": 262208,
        "hidden_size": 2304,
        "intermediate_size": 9216,
        "num_hidden_layers": 26,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "max_position_embeddings": 131072,
        "tie_word_embeddings": True,
        "sliding_window": 4096,
        "sliding_window_pattern": 6,
    },
    layers=_layers,
    attention=qwen3_attention,
    dense=dense_feed_forward,
    norms_per_layer=4,
)

GEMMA3 = replace(
    GEMMA3_TEXT,
    model_types=("gemma3",),
    class_names=("Gemma3ForConditionalGeneration",),
    text_field="text_config",
    root_defaults={"tie_word_embeddings": True},
    vision=_tower,
)

SHIELDGEMMA2 = Composite(
    model_types=("shieldgemma2",),
    class_names=("ShieldGemma2ForImageClassification",),
    language_model="gemma3_text",
    vision=(_TOWER,),
    root_defaults={"tie_word_embeddings": False},
    tying="root or text",
)

FAMILIES = (GEMMA3_TEXT, GEMMA3)
COMPOSITES = (SHIELDGEMMA2,)
