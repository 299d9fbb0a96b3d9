"""HRM-Text: two stacks of layers that run in cycles, each run of a layer with a cache of its own.

Each of `H_cycles` runs the low stack `L_cycles` times and the high stack once. `num_hidden_layers` is the size of
a stack in the first files and the number of runs in later ones, which state `num_layers_per_stack` beside it.
Norms have no weights, and the attention output has a gate as wide as the queries. Defined by HrmTextConfig and
HrmTextForCausalLM of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention, hidden_size, query_heads
from neuroscale.architecture.decoder import AttentionBlock, Extras, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.errors import InvalidInputError

_FIRST_RUN = LayerKind("full", dense=True, experts=False)
_FURTHER_RUN = LayerKind("full", dense=False, experts=False, variant="runs again")


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    stack = fields.optional_integer("num_layers_per_stack", maximum=MAXIMUM_LAYERS, minimum=1)
    stack = layer_count(fields) if stack is None else stack
    high = fields.integer("H_cycles", maximum=MAXIMUM_LAYERS)
    low = fields.integer("L_cycles", maximum=MAXIMUM_LAYERS)
    runs = stack * high * (low + 1)
    if runs > MAXIMUM_LAYERS:
        raise InvalidInputError(f"makes {runs} runs of layers", field=fields.path("H_cycles"))
    return (_FIRST_RUN,) * (2 * stack) + (_FURTHER_RUN,) * (runs - 2 * stack)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = grouped_query_attention(
        fields,
        kind,
        input_bias="attention_bias",
        output_bias="attention_bias",
        output_gate=True,
        kv_heads=query_heads(fields),
    )
    if kind == _FURTHER_RUN:
        return replace(block, weights=0, modules=())
    _, *others = block.modules
    queries = hidden_size(fields) * query_heads(fields) * block.head_dimension
    return replace(block, modules=(("self_attn.q_proj", queries), ("self_attn.gate_proj", queries), *others))


def _first_state(fields: Fields) -> Extras:
    return Extras(other=hidden_size(fields))


HRM_TEXT = Family(
    model_types=("hrm_text",),
    class_names=("HrmTextForCausalLM",),
    defaults={
        "vocab_size": 151808,
        "hidden_size": 1536,
        "intermediate_size": 4096,
        "num_hidden_layers": 16,
        "num_attention_heads": 12,
        "head_dim": 128,
        "max_position_embeddings": 2048,
        "H_cycles": 2,
        "L_cycles": 3,
    },
    layers=_layers,
    attention=_attention,
    dense=partial(dense_feed_forward, bias="mlp_bias"),
    vectors_per_norm=0,
    extras=_first_state,
)

FAMILIES = (HRM_TEXT,)
