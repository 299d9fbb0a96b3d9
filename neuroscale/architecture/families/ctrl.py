"""CTRL: GPT-2 without learned positions, with the width of the feed-forward as `dff` and a bias on the head.

Defined by CTRLConfig and CTRLLMHeadModel of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, multi_head_attention
from neuroscale.architecture.decoder import no_extras
from neuroscale.architecture.families.gpt2 import GPT2

CTRL = replace(
    GPT2,
    model_types=("ctrl",),
    class_names=("CTRLLMHeadModel",),
    defaults={
        "vocab_size": 246534,
        "hidden_size": 1280,
        "dff": 8192,
        "num_hidden_layers": 48,
        "num_attention_heads": 16,
        "max_position_embeddings": 256,
        "tie_word_embeddings": True,
    },
    attention=partial(
        multi_head_attention, modules=tuple(f"multi_head_attention.{name}" for name in ("Wq", "Wk", "Wv", "dense"))
    ),
    dense=partial(dense_feed_forward, width="dff", bias=True, matrices=2, modules=("ffn.0", "ffn.2")),
    extras=no_extras,
    head_bias=True,
)

FAMILIES = (CTRL,)
