"""GPT-2 and its kin: learned positions, biases everywhere, layer norms and a feed-forward without gate.

GPT-SW3 is GPT-2 under another name; GPT-BigCode (SantaCoder, StarCoder) shares one key/value head among all query
heads unless `multi_query` is switched off; the first GPT has no norm behind the last layer. Defined by GPT2Config,
GPTBigCodeConfig, OpenAIGPTConfig and their model classes of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    hidden_size,
    learned_positions,
    multi_head_attention,
    projection,
)
from neuroscale.architecture.decoder import AttentionBlock, DenseBlock, Extras, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention

ATTENTION_MODULES = ("attn.c_attn", "attn.c_proj")
FEED_FORWARD_MODULES = ("mlp.c_fc", "mlp.c_proj")
GPT_ALIASES = {
    "hidden_size": ("n_embd",),
    "num_hidden_layers": ("n_layer",),
    "num_attention_heads": ("n_head",),
    "max_position_embeddings": ("n_positions",),
}


def fourfold_feed_forward(
    fields: Fields, _kind: LayerKind, *, modules: tuple[str, ...] = FEED_FORWARD_MODULES
) -> DenseBlock:
    """Return the feed-forward of classes that fix its width at four hidden sizes."""
    hidden = hidden_size(fields)
    width = 4 * hidden
    return DenseBlock(
        width,
        projection(hidden, width, bias=True) + projection(width, hidden, bias=True),
        tuple((name, hidden * width) for name in modules),
    )


def _positions(fields: Fields) -> Extras:
    if fields.flag("add_cross_attention"):
        raise UncountableError("attention to an encoder (add_cross_attention) is not covered")
    return learned_positions(fields)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    kv_heads = 1 if fields.flag("multi_query") else None
    return multi_head_attention(fields, kind, kv_heads=kv_heads, modules=ATTENTION_MODULES)


GPT2 = Family(
    model_types=("gpt2", "gpt-sw3"),
    class_names=("GPT2LMHeadModel",),
    defaults={
        "vocab_size": 50257,
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "max_position_embeddings": 1024,
        "tie_word_embeddings": True,
    },
    aliases=GPT_ALIASES,
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=partial(multi_head_attention, modules=ATTENTION_MODULES),
    dense=partial(
        dense_feed_forward, width="n_inner", bias=True, matrices=2, times_hidden=4, modules=FEED_FORWARD_MODULES
    ),
    vectors_per_norm=2,
    extras=_positions,
)

GPT_BIGCODE = replace(
    GPT2,
    model_types=("gpt_bigcode",),
    class_names=("GPTBigCodeForCausalLM",),
    defaults={**GPT2.defaults, "multi_query": True},
    attention=_attention,
)

OPENAI_GPT = replace(
    GPT2,
    model_types=("openai-gpt",),
    class_names=("OpenAIGPTLMHeadModel",),
    defaults={**GPT2.defaults, "vocab_size": 40478, "max_position_embeddings": 512},
    dense=fourfold_feed_forward,
    final_norms=0,
    extras=learned_positions,
)

FAMILIES = (GPT2, GPT_BIGCODE, OPENAI_GPT)
