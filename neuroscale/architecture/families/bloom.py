"""BLOOM: GPT-2's layers without learned positions, and a norm behind the token embedding.

Published files call the hidden size `n_embed` or `hidden_size`; their `seq_length` is what the model was trained
on, as ALiBi has no limit of its own. Defined by BloomConfig and BloomForCausalLM of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import hidden_size, multi_head_attention
from neuroscale.architecture.decoder import Extras
from neuroscale.architecture.families.gpt2 import GPT2, fourfold_feed_forward
from neuroscale.architecture.families.gpt_neox import FEED_FORWARD_MODULES
from neuroscale.architecture.fields import Fields

ATTENTION_MODULES = ("self_attention.query_key_value", "self_attention.dense")


def _embedding_norm(fields: Fields) -> Extras:
    return Extras(normalisation=2 * hidden_size(fields))


BLOOM = replace(
    GPT2,
    model_types=("bloom",),
    class_names=("BloomForCausalLM",),
    defaults={
        "vocab_size": 250880,
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 8,
        "tie_word_embeddings": True,
    },
    aliases={
        "hidden_size": ("n_embed",),
        "num_hidden_layers": ("n_layer",),
        "num_attention_heads": ("n_head",),
    },
    attention=partial(multi_head_attention, modules=ATTENTION_MODULES),
    dense=partial(fourfold_feed_forward, modules=FEED_FORWARD_MODULES),
    extras=_embedding_norm,
)

FAMILIES = (BLOOM,)
