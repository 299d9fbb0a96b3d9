"""ModernBERT decoder (Ettin): a norm behind the embedding, none before the first layer, a layer before the head.

Every third layer attends fully from the first one on; the others see half of `local_attention` tokens. The layer
before the head counts as part of it. Defined by ModernBertDecoderConfig and ModernBertDecoderForCausalLM of
transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import dense_feed_forward, hidden_size, multi_head_attention, projection
from neuroscale.architecture.decoder import AttentionBlock, DenseBlock, Extras, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_TOKENS, MAXIMUM_VOCABULARY, Fields
from neuroscale.architecture.layer_plan import dense_layers, layer_count, stated_attention_kinds
from neuroscale.architecture.module_renaming import renamed_modules

_ATTENTION_MODULES = ("attn.q_proj", "attn.k_proj", "attn.v_proj", "attn.Wo")


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    if (stated := stated_attention_kinds(fields)) is not None:
        return dense_layers(stated)
    period = fields.integer("global_attn_every_n_layers", maximum=MAXIMUM_LAYERS)
    return dense_layers(["sliding" if index % period else "full" for index in range(layer_count(fields))])


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = multi_head_attention(
        fields, kind, input_bias="attention_bias", output_bias="attention_bias", modules=_ATTENTION_MODULES
    )
    if kind.attention != "sliding":
        return block
    window = fields.optional_integer("local_attention", maximum=MAXIMUM_TOKENS)
    return replace(block, window_tokens=window // 2 if window else None)


def _dense(fields: Fields, kind: LayerKind) -> DenseBlock:
    names = {"mlp.gate_proj": "mlp.Wi", "mlp.up_proj": "mlp.Wi", "mlp.down_proj": "mlp.Wo"}
    return renamed_modules(dense_feed_forward(fields, kind, bias="mlp_bias"), names)


def _extras(fields: Fields) -> Extras:
    hidden = hidden_size(fields)
    norm = 2 * hidden if fields.flag("norm_bias") else hidden
    vocabulary = fields.integer("vocab_size", maximum=MAXIMUM_VOCABULARY)
    # Two per layer but for the first, one behind the embedding and one behind the last layer.
    norms = 2 * layer_count(fields) - 1 + 2
    return Extras(
        normalisation=norms * norm,
        output_head=projection(hidden, hidden, bias=fields.flag("classifier_bias"))
        + norm
        + (vocabulary if fields.flag("decoder_bias") else 0),
    )


MODERNBERT_DECODER = Family(
    model_types=("modernbert-decoder",),
    class_names=("ModernBertDecoderForCausalLM",),
    defaults={
        "vocab_size": 50368,
        "hidden_size": 768,
        "intermediate_size": 1152,
        "num_hidden_layers": 22,
        "num_attention_heads": 12,
        "max_position_embeddings": 8192,
        "decoder_bias": True,
        "local_attention": 128,
        "global_attn_every_n_layers": 3,
        "tie_word_embeddings": True,
    },
    layers=_layers,
    attention=_attention,
    dense=_dense,
    norms_per_layer=0,
    final_norms=0,
    extras=_extras,
)

FAMILIES = (MODERNBERT_DECODER,)
