"""OPT: learned positions, biases and layer norms throughout, and an embedding that may be narrower than the layers.

The table of positions has two rows more than there are positions. Models that put their norms behind the layers
have no norm before the head. Defined by OPTConfig and OPTForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    hidden_size,
    learned_positions,
    multi_head_attention,
    projection,
)
from neuroscale.architecture.decoder import Extras, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention

_ATTENTION_MODULES = tuple(f"self_attn.{name}" for name in ("q_proj", "k_proj", "v_proj", "out_proj"))
_UNUSED_POSITIONS = 2


def _norms(fields: Fields, _kind: LayerKind) -> int:
    return 2 if fields.flag("layer_norm_elementwise_affine") else 0


def _final_norms(fields: Fields) -> int:
    has_norm = fields.flag("do_layer_norm_before") and not fields.flag("_remove_final_layer_norm")
    return 1 if has_norm and fields.flag("layer_norm_elementwise_affine") else 0


def _extras(fields: Fields) -> Extras:
    hidden = hidden_size(fields)
    positions = learned_positions(fields, offset=_UNUSED_POSITIONS)
    width = fields.optional_integer("word_embed_proj_dim", maximum=MAXIMUM_WIDTH, minimum=1)
    into_and_out_of = 0 if width is None or width == hidden else 2 * projection(width, hidden)
    return Extras(other=positions.other + into_and_out_of)


OPT = Family(
    model_types=("opt",),
    class_names=("OPTForCausalLM",),
    defaults={
        "vocab_size": 50272,
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "ffn_dim": 3072,
        "max_position_embeddings": 2048,
        "do_layer_norm_before": True,
        "num_attention_heads": 12,
        "enable_bias": True,
        "layer_norm_elementwise_affine": True,
        "tie_word_embeddings": True,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=partial(
        multi_head_attention, input_bias="enable_bias", output_bias="enable_bias", modules=_ATTENTION_MODULES
    ),
    dense=partial(dense_feed_forward, width="ffn_dim", bias="enable_bias", matrices=2, modules=("fc1", "fc2")),
    norms_per_layer=_norms,
    final_norms=_final_norms,
    vectors_per_norm=2,
    embedding_width="word_embed_proj_dim",
    extras=_extras,
)

FAMILIES = (OPT,)
