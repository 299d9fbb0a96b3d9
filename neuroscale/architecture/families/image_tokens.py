"""Models that read and write images as tokens of a codebook: Chameleon, Emu3 and Janus.

- Chameleon keeps the language model's fields in the root; its head norms have a weight and a bias per element of
  every head. Its tokeniser has an encoder alone.
- Emu3 is a Llama decoder beside a tokeniser of images and videos.
- Janus also reads images through a vision tower, and predicts image tokens with a head of their own.

The tokenisers and what belongs to them are counted as vision. Defined by the Config and ForConditionalGeneration
classes of transformers' chameleon, emu3 and janus.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, key_value_heads, projection, query_heads
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.decoder import AttentionBlock, LayerKind
from neuroscale.architecture.families.llama import LLAMA
from neuroscale.architecture.families.qwen2_vl import no_projector
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_VOCABULARY, Fields
from neuroscale.architecture.tower import layer_norm, width_of
from neuroscale.architecture.towers.janus import JANUS_VISION
from neuroscale.architecture.towers.vqgan import CHAMELEON_VQGAN, EMU3_VQGAN, JANUS_VQGAN


def _chameleon_attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = LLAMA.attention(fields, kind)
    return replace(block, norms=(query_heads(fields) + key_value_heads(fields)) * layer_norm(block.head_dimension))


def _chain(inputs: int, outputs: int, layers: int) -> int:
    """Return linear layers of which the first changes the width."""
    return projection(inputs, outputs, bias=True) + (layers - 1) * projection(outputs, outputs, bias=True)


def _aligner(_root: Fields, _text: Fields, tower: Fields) -> int:
    return _chain(
        hidden_size(tower), width_of(tower, "projection_dim"), tower.integer("depth", maximum=MAXIMUM_LAYERS)
    )


def _generation(_root: Fields, _text: Fields, tower: Fields) -> int:
    codes, width = tower.integer("num_embeddings", maximum=MAXIMUM_VOCABULARY), width_of(tower, "projection_dim")
    embedding = width_of(tower, "embed_dim")
    return (
        codes * embedding
        + _chain(embedding, width, tower.integer("num_hidden_layers", maximum=MAXIMUM_LAYERS))
        + projection(width_of(tower, "image_token_embed_dim"), width, bias=True)
        + projection(width, codes, bias=True)
    )


CHAMELEON_TEXT = replace(
    LLAMA,
    model_types=("chameleon",),
    class_names=(),
    defaults={
        "vocab_size": 65536,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "max_position_embeddings": 4096,
    },
    attention=_chameleon_attention,
)
CHAMELEON = Composite(
    model_types=("chameleon",),
    class_names=("ChameleonForConditionalGeneration",),
    language_model=CHAMELEON_TEXT,
    text_in_root=True,
    vision=(AttachedTower(tower=CHAMELEON_VQGAN, tower_field="vq_config", projector=no_projector),),
    root_defaults={"tie_word_embeddings": False},
)
EMU3_TEXT = replace(
    LLAMA,
    model_types=("emu3_text_model",),
    class_names=(),
    defaults={
        "vocab_size": 184622,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "max_position_embeddings": 9216,
    },
)
EMU3 = Composite(
    model_types=("emu3",),
    class_names=("Emu3ForConditionalGeneration",),
    language_model=EMU3_TEXT,
    vision=(AttachedTower(tower=EMU3_VQGAN, tower_field="vq_config", projector=no_projector),),
    root_defaults={"tie_word_embeddings": False},
)
JANUS = Composite(
    model_types=("janus",),
    class_names=("JanusForConditionalGeneration",),
    language_model="llama",
    vision=(
        AttachedTower(tower=JANUS_VISION, projector=_aligner),
        AttachedTower(tower=JANUS_VQGAN, tower_field="vq_config", projector=_generation),
    ),
    root_defaults={"tie_word_embeddings": True},
    tying="root else text",
)

LANGUAGE_MODELS = (EMU3_TEXT,)
COMPOSITES = (CHAMELEON, EMU3, JANUS)
