"""Falcon in its three shapes: one shared key/value head (7B), grouped ones (40B, 11B), one per query head (RW).

`new_decoder_architecture` switches to grouped heads (`num_kv_heads`), else `multi_query` decides. Attention and
feed-forward stand beside each other (`parallel_attn`) behind one norm or, in the new architecture unless
`num_ln_in_parallel_attn` says otherwise, behind one each. Defined by FalconConfig and FalconForCausalLM of
transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, multi_head_attention
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind
from neuroscale.architecture.families.bloom import ATTENTION_MODULES
from neuroscale.architecture.families.gpt_neox import FEED_FORWARD_MODULES
from neuroscale.architecture.fields import MAXIMUM_HEADS, Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    kv_heads = None
    if fields.flag("new_decoder_architecture"):
        kv_heads = fields.optional_integer("num_kv_heads", maximum=MAXIMUM_HEADS, minimum=1)
    elif fields.flag("multi_query"):
        kv_heads = 1
    return multi_head_attention(
        fields, kind, input_bias="bias", output_bias="bias", kv_heads=kv_heads, modules=ATTENTION_MODULES
    )


def _norms(fields: Fields, _kind: LayerKind) -> int:
    if not fields.flag("parallel_attn"):
        return 2
    stated = fields.optional_integer("num_ln_in_parallel_attn", maximum=2)
    if stated is None:
        return 2 if fields.flag("new_decoder_architecture") else 1
    return 2 if stated == 2 else 1


FALCON = Family(
    model_types=("falcon",),
    class_names=("FalconForCausalLM",),
    defaults={
        "vocab_size": 65024,
        "hidden_size": 4544,
        "num_hidden_layers": 32,
        "num_attention_heads": 71,
        "multi_query": True,
        "parallel_attn": True,
        "max_position_embeddings": 2048,
        "tie_word_embeddings": True,
    },
    aliases={"hidden_size": ("n_embed",)},
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=_attention,
    dense=partial(
        dense_feed_forward,
        width="ffn_hidden_size",
        bias="bias",
        matrices=2,
        times_hidden=4,
        modules=FEED_FORWARD_MODULES,
    ),
    norms_per_layer=_norms,
    vectors_per_norm=2,
)

FAMILIES = (FALCON,)
