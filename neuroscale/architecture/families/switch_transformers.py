"""Switch Transformers: T5 with one of several experts in some layers of encoder and decoder.

The counts are those of encoder and decoder together; `layers` tells both. Encoder layers cache nothing. A decoder
layer caches keys and values of the tokens it wrote and, by its attention to the encoder, those of the tokens it was
given: one entry for every token of either kind. The first layer of each side has a table of relative positions.
Defined by SwitchTransformersConfig and SwitchTransformersForConditionalGeneration of transformers; the router
always chooses one expert.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
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
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_VOCABULARY, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.module_renaming import renamed_modules

_ENCODER = "encoder"
_DECODER = "decoder"
_FIRST = ", first layer"


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    encoder = fields.integer("num_layers", "num_hidden_layers", maximum=MAXIMUM_LAYERS)
    decoder = fields.optional_integer("num_decoder_layers", maximum=MAXIMUM_LAYERS, minimum=1) or encoder
    return (*_stack(fields, _ENCODER, "none", encoder), *_stack(fields, _DECODER, "full", decoder))


def _stack(fields: Fields, side: str, attention: AttentionKind, layers: int) -> tuple[LayerKind, ...]:
    step = fields.optional_integer(f"{side}_sparse_step", maximum=MAXIMUM_LAYERS)
    if step is None:
        sparse_layers = fields.integer(f"num_sparse_{side}_layers", minimum=0, maximum=MAXIMUM_LAYERS)
        step = layers // sparse_layers if sparse_layers else layers
    has_experts = [step > 0 and (step == 1 or index % step == 1) for index in range(layers)]
    return tuple(
        LayerKind(attention, dense=not has, experts=has, variant=side if index else side + _FIRST)
        for index, has in enumerate(has_experts)
    )


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    hidden, heads = hidden_size(fields), query_heads(fields)
    width = fields.integer("d_kv", maximum=MAXIMUM_WIDTH)
    weights = 4 * projection(hidden, heads * width)
    positions = 0
    if kind.variant.endswith(_FIRST):
        positions = fields.integer("relative_attention_num_buckets", maximum=MAXIMUM_WIDTH) * heads
    if kind.variant.startswith(_ENCODER):
        return AttentionBlock(
            weights + positions,
            0,
            width,
            kv_heads=0,
            key_elements=0,
            value_elements=0,
            modules=_modules("layer.0.SelfAttention", weights // 4),
        )
    return AttentionBlock(
        weights=2 * weights + positions,
        norms=0,
        head_dimension=width,
        kv_heads=heads,
        key_elements=width,
        value_elements=width,
        modules=_modules("layer.0.SelfAttention", weights // 4) + _modules("layer.1.EncDecAttention", weights // 4),
    )


def _modules(attention: str, weights: int) -> NamedWeights:
    return tuple((f"{attention}.{name}", weights) for name in "qkvo")


def _feed_forward_module(kind: LayerKind) -> str:
    """Return where the feed-forward stands: behind one attention in the encoder, behind two in the decoder."""
    return f"layer.{1 if kind.variant.startswith(_ENCODER) else 2}.mlp"


def _dense(fields: Fields, kind: LayerKind) -> DenseBlock:
    module = _feed_forward_module(kind)
    return dense_feed_forward(fields, kind, width="d_ff", matrices=2, modules=(f"{module}.wi", f"{module}.wo"))


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    block = expert_feed_forward(fields, kind, width="d_ff", router_bias=fields.flag("router_bias"), matrices=2)
    module = f"{_feed_forward_module(kind)}.experts.expert_0"
    names = {"mlp.experts.0.up_proj": f"{module}.wi", "mlp.experts.0.down_proj": f"{module}.wo"}
    return replace(renamed_modules(block, names), experts_per_token=1)


def _untied_embeddings(fields: Fields) -> Extras:
    """Return the tables that encoder and decoder have of their own when nothing is tied."""
    if fields.flag("tie_word_embeddings"):
        return Extras()
    return Extras(
        input_embedding=2 * fields.integer("vocab_size", maximum=MAXIMUM_VOCABULARY) * hidden_size(fields)
    )


SWITCH_TRANSFORMERS = Family(
    model_types=("switch_transformers",),
    class_names=("SwitchTransformersForConditionalGeneration",),
    defaults={
        "vocab_size": 32128,
        "d_model": 768,
        "d_kv": 64,
        "d_ff": 2048,
        "num_layers": 12,
        "num_sparse_encoder_layers": 3,
        "num_decoder_layers": 12,
        "num_sparse_decoder_layers": 3,
        "num_heads": 12,
        "num_experts": 8,
        "relative_attention_num_buckets": 32,
        "tie_word_embeddings": True,
    },
    layers=_layers,
    attention=_attention,
    dense=_dense,
    experts=_experts,
    norms_per_layer=lambda _fields, kind: 2 if kind.variant.startswith(_ENCODER) else 3,
    final_norms=2,
    extras=_untied_embeddings,
    aliases={"hidden_size": ("d_model",), "num_attention_heads": ("num_heads",)},
)

FAMILIES = (SWITCH_TRANSFORMERS,)
