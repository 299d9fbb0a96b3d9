"""Step-3: one key/value head, queries through a low rank, and one shared expert beside the routed ones.

`moe_layers_enum` lists the layers with experts as text, "4,5,6"; all but the first when it is absent. Defined by
Step3TextConfig and Step3TextForCausalLM of vLLM 0.33.0.
"""

from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    hidden_size,
    projection,
    query_heads,
    shared_expert_width,
)
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.errors import InvalidInputError

DEFAULTS = {
    "hidden_size": 7168,
    "intermediate_size": 18432,
    "num_attention_heads": 64,
    "num_attention_groups": 1,
    "num_hidden_layers": 61,
    "vocab_size": 128815,
    "moe_intermediate_size": 5120,
    "moe_num_experts": 48,
    "moe_top_k": 3,
    "max_position_embedding": 65536,
    "share_expert_dim": 5120,
    "share_q_dim": 2048,
    "head_dim": 256,
    "moe_layers_enum": ",".join(str(layer) for layer in range(4, 60)),
}


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers, stated = layer_count(fields), fields.optional_text("moe_layers_enum")
    sparse = set(range(1, layers)) if stated is None else _numbers(fields, stated)
    return tuple(LayerKind("full", dense=index not in sparse, experts=index in sparse) for index in range(layers))


def _numbers(fields: Fields, text: str) -> set[int]:
    parts = text.split(",")
    if not all(part.strip().isdecimal() and int(part) < MAXIMUM_LAYERS for part in parts):
        raise InvalidInputError("must be numbers of layers, such as '4,5,6'", field=fields.path("moe_layers_enum"))
    return {int(part) for part in parts}


def _attention(fields: Fields, _kind: LayerKind) -> AttentionBlock:
    hidden, heads = hidden_size(fields), query_heads(fields)
    width = fields.integer("head_dim", maximum=MAXIMUM_WIDTH)
    rank = fields.optional_integer("share_q_dim", maximum=MAXIMUM_WIDTH) or width
    return AttentionBlock(
        weights=projection(hidden, rank + 2 * width)
        + projection(rank, heads * width)
        + projection(heads * width, hidden),
        norms=rank,
        head_dimension=width,
        kv_heads=1,
        key_elements=width,
        value_elements=width,
    )


STEP3_TEXT = Family(
    model_types=("step3_text",),
    class_names=("Step3TextForCausalLM",),
    defaults=DEFAULTS,
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=partial(expert_feed_forward, shared_width=partial(shared_expert_width, width="share_expert_dim")),
    can_tie=False,
)

FAMILIES = (STEP3_TEXT,)
