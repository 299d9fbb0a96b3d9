"""Hunyuan-A13B: head norms, and in every layer one shared feed-forward beside routed experts of the same width.

Published files give `moe_topk` and `num_shared_expert` as lists with one number per layer. Defined by
HunYuanMoEV1Config and HunYuanMoEV1ForCausalLM of transformers.
"""

from neuroscale.architecture.blocks import expert_feed_forward
from neuroscale.architecture.decoder import ExpertsBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.families.qwen3 import qwen3_attention
from neuroscale.architecture.fields import MAXIMUM_EXPERTS, Fields
from neuroscale.architecture.layer_plan import expert_layers, full_attention


def _same_width(_fields: Fields, intermediate: int) -> int:
    return intermediate


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    _, stated = fields.value("num_shared_expert")
    if isinstance(stated, list | tuple):
        shared: set[int | None] = set(fields.integers("num_shared_expert", maximum=MAXIMUM_EXPERTS) or ())
    else:
        shared = {fields.optional_integer("num_shared_expert", maximum=MAXIMUM_EXPERTS)}
    if not shared <= {None, 1}:
        raise UncountableError("num_shared_expert other than 1 is not covered")
    return expert_feed_forward(fields, kind, width="intermediate_size", shared_width=_same_width)


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
    },
    layers=lambda fields: expert_layers(full_attention(fields)),
    attention=qwen3_attention,
    experts=_experts,
)

FAMILIES = (HUNYUAN_V1_MOE,)
