"""K-EXAONE: head norms, sliding layers with every n-th full, dense first layers, then routed and shared experts.

The correction bias of the router is a buffer. Defined by ExaoneMoeConfig and ExaoneMoeForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    grouped_query_attention,
    shared_experts_of_routed_width,
)
from neuroscale.architecture.decoder import Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import every_nth_layer_full, stated_attention_kinds, typed_layers
from neuroscale.architecture.prediction import counted_layers_only


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    attention = stated_attention_kinds(fields)
    if attention is None:
        period, window = fields.value("sliding_window_pattern")[1], fields.value("sliding_window")[1]
        if not isinstance(period, int) or window is None:
            raise UncountableError("which layers slide is not stated as a period (sliding_window_pattern)")
        attention = every_nth_layer_full(fields, fields.integer("sliding_window_pattern", maximum=MAXIMUM_LAYERS))
    dense = fields.integer("first_k_dense_replace", minimum=0, maximum=MAXIMUM_LAYERS)
    return typed_layers(fields, attention, dense)


EXAONE_MOE = Family(
    model_types=("exaone_moe",),
    class_names=("ExaoneMoeForCausalLM", "ExaoneMoEForCausalLM"),
    defaults={
        "vocab_size": 102400,
        "hidden_size": 4096,
        "intermediate_size": 16384,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "max_position_embeddings": 2048,
        "sliding_window": 4096,
        "sliding_window_pattern": 4,
        "first_k_dense_replace": 1,
        "moe_intermediate_size": 1024,
        "num_experts": 64,
        "num_experts_per_tok": 8,
        "num_shared_experts": 1,
    },
    layers=_layers,
    attention=partial(grouped_query_attention, head_norm="head"),
    dense=dense_feed_forward,
    experts=partial(
        expert_feed_forward, shared_width=partial(shared_experts_of_routed_width, count="num_shared_experts")
    ),
    prediction=counted_layers_only,
)

FAMILIES = (EXAONE_MOE,)
