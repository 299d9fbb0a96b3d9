"""TeleChat 3, which is Llama under another name, and IQuest Loop Coder, which runs the layers of Llama repeatedly.

IQuest Loop Coder mixes its runs by a gate per query head, which reads one head of the query and has a bias; the
heads share the hidden size whatever `head_dim` says. The configuration classes came with the published weights;
defined by TeleChat3ForCausalLM (the class of Llama) and IQuestLoopCoderForCausalLM of vLLM 0.33.0.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import key_value_heads, multi_head_attention, projection, query_heads
from neuroscale.architecture.decoder import AttentionBlock, LayerKind
from neuroscale.architecture.families.llama import LLAMA
from neuroscale.architecture.fields import Fields


def _gated_runs(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = multi_head_attention(
        fields, kind, input_bias="attention_bias", output_bias="attention_bias", kv_heads=key_value_heads(fields)
    )
    return replace(block, other=projection(block.head_dimension, query_heads(fields), bias=True))


TELECHAT3 = replace(LLAMA, model_types=("telechat3",), class_names=("TeleChat3ForCausalLM",), defaults={})
IQUEST_LOOP_CODER = replace(
    LLAMA,
    model_types=("iquestloopcoder",),
    class_names=("IQuestLoopCoderForCausalLM",),
    defaults={},
    attention=_gated_runs,
)

FAMILIES = (TELECHAT3, IQUEST_LOOP_CODER)
