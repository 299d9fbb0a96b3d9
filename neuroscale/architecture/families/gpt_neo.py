"""GPT-Neo: GPT-2 with biases on the attention's output only, and local layers that see a window.

`attention_types` lists patterns of "global" and "local" with how often each repeats. Defined by GPTNeoConfig and
GPTNeoForCausalLM of transformers.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

from neuroscale.architecture.blocks import dense_feed_forward, learned_positions, multi_head_attention
from neuroscale.architecture.decoder import LayerKind
from neuroscale.architecture.families.gpt2 import FEED_FORWARD_MODULES, GPT2
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import dense_layers, layer_count
from neuroscale.architecture.model import AttentionKind
from neuroscale.errors import InvalidInputError

_ALTERNATING = [[["global", "local"], 12]]
_KINDS: dict[object, AttentionKind] = {"global": "full", "local": "sliding"}


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = layer_count(fields)
    kinds = tuple(islice(_stated_kinds(fields), layers + 1))
    if len(kinds) != layers:
        raise InvalidInputError(
            f"does not give the attention of {layers} layers", field=fields.path("attention_types")
        )
    return dense_layers(kinds)


def _stated_kinds(fields: Fields) -> Iterator[AttentionKind]:
    stated = fields.value("attention_types")[1] or _ALTERNATING
    for item in stated if isinstance(stated, list | tuple) else (stated,):
        match item:
            case [[*pattern], int(repetitions)] if all(name in ("global", "local") for name in pattern):
                kinds = [_KINDS[name] for name in pattern]
            case _:
                raise InvalidInputError(
                    'must list patterns of "global" and "local" with a number of repetitions each',
                    field=fields.path("attention_types"),
                )
        for _ in range(repetitions if kinds else 0):
            yield from kinds


GPT_NEO = replace(
    GPT2,
    model_types=("gpt_neo",),
    class_names=("GPTNeoForCausalLM",),
    defaults={
        "vocab_size": 50257,
        "hidden_size": 2048,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "attention_types": _ALTERNATING,
        "window_size": 256,
        "max_position_embeddings": 2048,
        "tie_word_embeddings": True,
    },
    aliases={
        "num_hidden_layers": ("num_layers",),
        "num_attention_heads": ("num_heads",),
        "sliding_window": ("window_size",),
    },
    layers=_layers,
    attention=partial(
        multi_head_attention,
        input_bias=False,
        modules=tuple(f"attn.attention.{name}" for name in ("q_proj", "k_proj", "v_proj", "out_proj")),
    ),
    dense=partial(dense_feed_forward, bias=True, matrices=2, times_hidden=4, modules=FEED_FORWARD_MODULES),
    extras=learned_positions,
)

FAMILIES = (GPT_NEO,)
