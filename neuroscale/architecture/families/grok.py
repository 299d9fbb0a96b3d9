"""Grok 1 and 2: experts in every layer, four norms, and in Grok 2 a dense feed-forward beside the experts.

With `residual_moe` the dense feed-forward has `intermediate_size` and the experts `moe_intermediate_size`; without
that field the experts have `intermediate_size`. The class defaults are those of the configuration that came with
the published weights (`configuration_grok1.py`); defined by Grok1ForCausalLM and Grok2ForCausalLM of vLLM 0.24.0,
the last release with them.
"""

from neuroscale.architecture.blocks import dense_feed_forward, expert_feed_forward
from neuroscale.architecture.decoder import ExpertsBlock, Family, LayerKind
from neuroscale.architecture.families.llama_shaped import derived_head_attention
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    has_dense = fields.flag("residual_moe")
    return (LayerKind("full", dense=has_dense, experts=True),) * layer_count(fields)


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    stated = fields.optional_integer("moe_intermediate_size", maximum=MAXIMUM_WIDTH)
    return expert_feed_forward(
        fields, kind, width="intermediate_size" if stated is None else "moe_intermediate_size"
    )


GROK = Family(
    model_types=("grok-1",),
    class_names=("Grok1ModelForCausalLM", "Grok1ForCausalLM"),
    defaults={
        "vocab_size": 131072,
        "hidden_size": 6144,
        "intermediate_size": 32768,
        "num_hidden_layers": 64,
        "num_attention_heads": 48,
        "num_key_value_heads": 8,
        "max_position_embeddings": 8192,
        "num_experts": 8,
        "num_experts_per_tok": 2,
        "tie_word_embeddings": True,
    },
    layers=_layers,
    attention=derived_head_attention,
    dense=dense_feed_forward,
    experts=_experts,
    norms_per_layer=4,
)

FAMILIES = (GROK,)
