"""DiffusionGemma: a Gemma 4 mixture whose one stack of layers encodes the prompt and denoises blocks of tokens.

Encoder and decoder share every weight but the biases of the attention; the decoder alone has a gated feed-forward
that feeds its previous guess back. Full layers have no value projection, and every layer has experts beside the
dense feed-forward. Only the encoder writes the cache. Without tied embeddings the class shares nothing, which no
published model does and no engine serves. Defined by DiffusionGemmaTextConfig, DiffusionGemmaConfig and
DiffusionGemmaForBlockDiffusion of transformers.
"""

from neuroscale.architecture.blocks import (
    attention_window,
    dense_feed_forward,
    head_dimension,
    hidden_size,
    key_value_heads,
    projection,
    query_heads,
)
from neuroscale.architecture.decoder import AttentionBlock, Extras, Family, LayerKind, UncountableError
from neuroscale.architecture.families.gemma4 import gemma4_experts, gemma4_vision_tower
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import every_nth_layer_full, layer_count


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    kinds = every_nth_layer_full(fields, 6)
    return tuple(LayerKind(kind, dense=True, experts=True) for kind in (*kinds[:-1], "full"))


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    hidden, heads = hidden_size(fields), query_heads(fields)
    width, kv_heads, projections = head_dimension(fields), key_value_heads(fields), 2
    if kind.attention == "full":
        width, projections = fields.integer("global_head_dim", maximum=MAXIMUM_WIDTH), 1
        stated = fields.optional_integer("num_global_key_value_heads", maximum=MAXIMUM_HEADS, minimum=1)
        kv_heads = stated or kv_heads
    projected = (heads + projections * kv_heads) * width
    biases = 2 * (projected + hidden) if fields.flag("attention_bias") else 0
    return AttentionBlock(
        weights=projection(hidden, projected) + projection(heads * width, hidden) + biases,
        norms=2 * width,
        head_dimension=width,
        kv_heads=kv_heads,
        key_elements=width,
        value_elements=width,
        window_tokens=attention_window(fields, kind),
        modules=(
            ("self_attn.q_proj", hidden * heads * width),
            ("self_attn.k_proj", hidden * kv_heads * width),
            *((("self_attn.v_proj", hidden * kv_heads * width),) if projections == 2 else ()),
            ("self_attn.o_proj", heads * width * hidden),
        ),
    )


def _extras(fields: Fields) -> Extras:
    hidden = hidden_size(fields)
    intermediate = fields.integer("intermediate_size", maximum=MAXIMUM_WIDTH)
    return Extras(
        normalisation=3 * hidden * layer_count(fields) + hidden,
        other=3 * projection(hidden, intermediate),
    )


def _vision(root: Fields) -> int:
    """Return the tower of Gemma 4, which this class has even when the configuration does not state it."""
    if not root.with_defaults(DIFFUSION_GEMMA.root_defaults or {}).flag("tie_word_embeddings"):
        raise UncountableError("without tied embeddings the encoder is a second language model")
    return gemma4_vision_tower(root, required=True)


DIFFUSION_GEMMA = Family(
    model_types=("diffusion_gemma",),
    class_names=("DiffusionGemmaForBlockDiffusion",),
    defaults={
        "vocab_size": 262144,
        "hidden_size": 2304,
        "intermediate_size": 9216,
        "num_hidden_layers": 30,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "global_head_dim": 512,
        "max_position_embeddings": 131072,
        "tie_word_embeddings": True,
        "sliding_window": 512,
    },
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=gemma4_experts,
    norms_per_layer=4,
    extras=_extras,
    text_field="text_config",
    root_defaults={"tie_word_embeddings": True},
    vision=_vision,
)

FAMILIES = (DIFFUSION_GEMMA,)
