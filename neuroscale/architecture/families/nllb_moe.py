"""NLLB-MoE: an encoder and a decoder with biases everywhere, two of many experts in every n-th layer of each.

The counts are those of encoder and decoder together; `layers` tells both. Encoder layers cache nothing. A decoder
layer caches keys and values of the tokens it wrote and, by its attention to the encoder, those of the tokens it was
given: one entry for every token of either kind. Positions are computed, not stored. Defined by NllbMoeConfig and
NllbMoeForConditionalGeneration of transformers; the router always chooses two experts.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    head_dimension,
    hidden_size,
    projection,
    query_heads,
)
from neuroscale.architecture.decoder import (
    AttentionBlock,
    DenseBlock,
    ExpertsBlock,
    Extras,
    Family,
    LayerKind,
    NamedWeights,
)
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_VOCABULARY, Fields
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.module_renaming import renamed_modules

_ENCODER = "encoder"
_DECODER = "decoder"
_EXPERTS_PER_TOKEN = 2


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    return (*_stack(fields, _ENCODER, "none"), *_stack(fields, _DECODER, "full"))


def _stack(fields: Fields, side: str, attention: AttentionKind) -> tuple[LayerKind, ...]:
    layers = fields.integer(f"{side}_layers", maximum=MAXIMUM_LAYERS)
    step = fields.integer(f"{side}_sparse_step", minimum=0, maximum=MAXIMUM_LAYERS)
    sparse = [step > 0 and (index + 1) % step == 0 for index in range(layers)]
    return tuple(LayerKind(attention, dense=not has, experts=has, variant=side) for has in sparse)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    hidden = hidden_size(fields)
    weights = 4 * projection(hidden, hidden, bias=True)
    width = head_dimension(fields)
    if kind.variant == _ENCODER:
        return AttentionBlock(
            weights, 0, width, kv_heads=0, key_elements=0, value_elements=0, modules=_modules(hidden, "self_attn")
        )
    return AttentionBlock(
        weights=2 * weights,
        norms=0,
        head_dimension=width,
        kv_heads=query_heads(fields),
        key_elements=width,
        value_elements=width,
        modules=_modules(hidden, "self_attn") + _modules(hidden, "cross_attention"),
    )


def _modules(hidden: int, attention: str) -> NamedWeights:
    return tuple((f"{attention}.{name}", hidden * hidden) for name in ("q_proj", "k_proj", "v_proj", "out_proj"))


def _dense(fields: Fields, kind: LayerKind) -> DenseBlock:
    return dense_feed_forward(
        fields, kind, width=f"{kind.variant}_ffn_dim", bias=True, matrices=2, modules=("ffn.fc1", "ffn.fc2")
    )


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    block = expert_feed_forward(
        fields,
        kind,
        width=f"{kind.variant}_ffn_dim",
        router_bias=fields.flag("router_bias"),
        expert_bias=True,
        matrices=2,
    )
    named = renamed_modules(
        block,
        {
            "mlp.experts.0.up_proj": "ffn.experts.expert_0.fc1",
            "mlp.experts.0.down_proj": "ffn.experts.expert_0.fc2",
        },
    )
    return replace(named, experts_per_token=min(_EXPERTS_PER_TOKEN, block.routed_experts))


def _untied_embeddings(fields: Fields) -> Extras:
    """Return the tables that encoder and decoder have of their own when nothing is tied."""
    if fields.flag("tie_word_embeddings"):
        return Extras()
    return Extras(
        input_embedding=2 * fields.integer("vocab_size", maximum=MAXIMUM_VOCABULARY) * hidden_size(fields)
    )


NLLB_MOE = Family(
    model_types=("nllb-moe",),
    class_names=("NllbMoeForConditionalGeneration",),
    defaults={
        "vocab_size": 128112,
        "d_model": 1024,
        "encoder_layers": 12,
        "encoder_ffn_dim": 4096,
        "decoder_layers": 12,
        "decoder_ffn_dim": 4096,
        "decoder_attention_heads": 16,
        "max_position_embeddings": 1024,
        "num_experts": 128,
        "encoder_sparse_step": 4,
        "decoder_sparse_step": 4,
        "tie_word_embeddings": True,
    },
    layers=_layers,
    attention=_attention,
    dense=_dense,
    experts=_experts,
    norms_per_layer=lambda _fields, kind: 2 if kind.variant == _ENCODER else 3,
    final_norms=2,
    vectors_per_norm=2,
    extras=_untied_embeddings,
    aliases={"hidden_size": ("d_model",), "num_attention_heads": ("decoder_attention_heads",)},
)

FAMILIES = (NLLB_MOE,)
