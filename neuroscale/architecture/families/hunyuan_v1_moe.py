"""Hunyuan-A13B: head norms, and in every layer a shared feed-forward beside routed experts of the same width.

Published files give `num_experts`, `moe_topk`, `num_shared_expert` and `moe_intermediate_size` as one number or as
a list with one number per layer; a layer's shared feed-forward is as wide as its shared experts together. Defined
by HunYuanMoEV1Config and HunYuanMoEV1ForCausalLM of transformers, which builds one shared expert, and experts of
`intermediate_size`, in every layer.
"""

from typing import NamedTuple

from neuroscale.architecture.blocks import (
    EXPERT_COUNT_NAMES,
    EXPERTS_PER_TOKEN_NAMES,
    feed_forward_modules,
    hidden_size,
    projection,
)
from neuroscale.architecture.decoder import ExpertsBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.families.qwen3 import qwen3_attention
from neuroscale.architecture.fields import MAXIMUM_EXPERTS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import expert_layers, full_attention, layer_count
from neuroscale.errors import InvalidInputError


class _LayerExperts(NamedTuple):
    """What a layer states of its experts."""

    routed: int
    chosen: int
    shared: int


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    width = fields.integer("intermediate_size", maximum=MAXIMUM_WIDTH)
    if fields.has("moe_intermediate_size"):
        stated = _per_layer(fields, "moe_intermediate_size", maximum=MAXIMUM_WIDTH)
        if set(stated) != {width}:
            raise UncountableError(f"moe_intermediate_size is not the {width} that the class builds")
    experts = zip(
        _per_layer(fields, *EXPERT_COUNT_NAMES, maximum=MAXIMUM_EXPERTS),
        _per_layer(fields, *EXPERTS_PER_TOKEN_NAMES, maximum=MAXIMUM_EXPERTS),
        _per_layer(fields, "num_shared_expert", maximum=MAXIMUM_EXPERTS),
        strict=True,
    )
    return tuple(
        kind._replace(variant="/".join(map(str, counts)))
        for kind, counts in zip(expert_layers(full_attention(fields)), experts, strict=True)
    )


def _stated_experts(kind: LayerKind) -> _LayerExperts:
    return _LayerExperts(*map(int, kind.variant.split("/")))


def _per_layer(fields: Fields, *names: str, maximum: int) -> tuple[int, ...]:
    """Return a count for each layer, which one number may give for all of them."""
    name, value = fields.value(*names)
    layers = layer_count(fields)
    if not isinstance(value, list | tuple):
        return (fields.integer(*names, maximum=maximum, minimum=0),) * layers
    counts = fields.integers(name, maximum=maximum) or ()
    if len(counts) != layers:
        raise InvalidInputError(f"has {len(counts)} entries for {layers} layers", field=fields.path(name))
    return counts


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    routed, chosen, shared = _stated_experts(kind)
    if routed > 1 and not 1 <= chosen <= routed:
        name, _ = fields.value(*EXPERTS_PER_TOKEN_NAMES)
        raise InvalidInputError(
            f"{chosen} experts per token cannot be chosen among {routed}", field=fields.path(name)
        )
    hidden = hidden_size(fields)
    width = fields.integer("intermediate_size", maximum=MAXIMUM_WIDTH)
    return ExpertsBlock(
        routed_experts=routed,
        experts_per_token=chosen,
        intermediate_size=width,
        shared_intermediate_size=width * shared,
        router=projection(hidden, routed),
        routed=routed * 3 * projection(hidden, width),
        shared=3 * projection(hidden, width * shared),
        modules=feed_forward_modules("mlp.experts.0", routed * projection(hidden, width), 3),
        shared_modules=feed_forward_modules("mlp.shared_mlp", projection(hidden, width * shared), 3)
        if shared
        else (),
    )


HUNYUAN_V1_MOE = Family(
    model_types=("hunyuan_v1_moe",),
    class_names=("HunYuanMoEV1ForCausalLM",),
    defaults={
        "vocab_size": 290943,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "max_position_embeddings": 2048,
        "num_experts": 1,
        "moe_topk": 1,
        "num_shared_expert": 1,
    },
    layers=_layers,
    attention=qwen3_attention,
    experts=_experts,
)

FAMILIES = (HUNYUAN_V1_MOE,)
