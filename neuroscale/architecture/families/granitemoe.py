"""Granite-MoE: Mixtral with an optional attention bias; its multipliers scale activations and hold no weights.

Granite-MoE-Shared adds a shared expert of `shared_intermediate_size`, none where that is 0. Granite-MoE-SWA adds
an attention sink per head, and a window in three layers of four: without `layer_types` the first of four attends
fully. Defined by GraniteMoeConfig, GraniteMoeSharedConfig, GraniteMoeSWAConfig and their ForCausalLM classes of
transformers.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    grouped_query_attention,
    mixtral_experts,
    routed_experts,
    shared_expert_width,
)
from neuroscale.architecture.decoder import Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import (
    expert_layers,
    full_attention,
    layer_count,
    stated_attention_kinds,
)
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.module_renaming import under_names

JOINED_NAMES = {
    **dict.fromkeys(("mlp.experts.0.gate_proj", "mlp.experts.0.up_proj"), "block_sparse_moe.input_linear"),
    "mlp.experts.0.down_proj": "block_sparse_moe.output_linear",
    **dict.fromkeys(("mlp.shared_experts.gate_proj", "mlp.shared_experts.up_proj"), "shared_mlp.input_linear"),
    "mlp.shared_experts.down_proj": "shared_mlp.output_linear",
    **dict.fromkeys(("mlp.gate_proj", "mlp.up_proj"), "shared_mlp.input_linear"),
    "mlp.down_proj": "shared_mlp.output_linear",
}
granite_dense = under_names(partial(dense_feed_forward, width="shared_intermediate_size"), JOINED_NAMES)
granite_experts = under_names(
    partial(
        expert_feed_forward,
        width="intermediate_size",
        shared_width=partial(shared_expert_width, width="shared_intermediate_size"),
    ),
    JOINED_NAMES,
)

GRANITEMOE = Family(
    model_types=("granitemoe",),
    class_names=("GraniteMoeForCausalLM",),
    defaults={
        "vocab_size": 32000,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "max_position_embeddings": 2048,
        "num_local_experts": 8,
        "num_experts_per_tok": 2,
    },
    layers=lambda fields: expert_layers(full_attention(fields)),
    attention=partial(grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias"),
    experts=under_names(mixtral_experts, JOINED_NAMES),
)


def _layers_of(fields: Fields, attention: Sequence[AttentionKind]) -> tuple[LayerKind, ...]:
    """Return layers with experts; without any, the shared expert is a dense feed-forward."""
    width = fields.optional_integer("shared_intermediate_size", maximum=MAXIMUM_WIDTH) or 0
    is_dense = routed_experts(fields) == 0 and width > 0
    return tuple(LayerKind(kind, dense=is_dense, experts=not is_dense) for kind in attention)


def _windowed_layers(fields: Fields) -> tuple[LayerKind, ...]:
    alternating: tuple[AttentionKind, ...] = tuple(
        "sliding" if index % 4 else "full" for index in range(layer_count(fields))
    )
    return _layers_of(fields, stated_attention_kinds(fields) or alternating)


GRANITEMOESHARED = replace(
    GRANITEMOE,
    model_types=("granitemoeshared",),
    class_names=("GraniteMoeSharedForCausalLM",),
    layers=lambda fields: _layers_of(fields, full_attention(fields)),
    dense=granite_dense,
    experts=granite_experts,
)

GRANITEMOE_SWA = replace(
    GRANITEMOESHARED,
    model_types=("granitemoe_swa",),
    class_names=("GraniteMoeSWAForCausalLM",),
    defaults={**GRANITEMOESHARED.defaults, "sliding_window": 128},
    layers=_windowed_layers,
    dense=partial(dense_feed_forward, width="shared_intermediate_size"),
    experts=partial(
        expert_feed_forward,
        width="intermediate_size",
        shared_width=partial(shared_expert_width, width="shared_intermediate_size"),
        module="block_sparse_moe.experts.0",
    ),
    attention=partial(
        grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias", sinks=True
    ),
)

FAMILIES = (GRANITEMOE, GRANITEMOESHARED, GRANITEMOE_SWA)
