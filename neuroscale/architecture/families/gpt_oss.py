"""gpt-oss: biases everywhere, an attention sink per head, and alternating sliding and full layers.

Without `layer_types` even layers slide. Router and experts have biases; `intermediate_size` is the width of one
expert. Defined by GptOssConfig and GptOssForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import expert_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import Family, LayerKind
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import every_nth_layer_full, expert_layers


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    return expert_layers(every_nth_layer_full(fields, 2))


GPT_OSS = Family(
    model_types=("gpt_oss",),
    class_names=("GptOssForCausalLM",),
    defaults={
        "vocab_size": 201088,
        "hidden_size": 2880,
        "intermediate_size": 2880,
        "num_hidden_layers": 36,
        "num_attention_heads": 64,
        "num_key_value_heads": 8,
        "head_dim": 64,
        "max_position_embeddings": 131072,
        "sliding_window": 128,
        "num_local_experts": 128,
        "num_experts_per_tok": 4,
        "attention_bias": True,
    },
    layers=_layers,
    attention=partial(
        grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias", sinks=True
    ),
    experts=partial(expert_feed_forward, width="intermediate_size", router_bias=True, expert_bias=True),
)

FAMILIES = (GPT_OSS,)
