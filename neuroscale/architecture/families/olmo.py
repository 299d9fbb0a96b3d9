"""OLMo, OLMo 2 and OLMo 3: norms without weights first, then norms over the whole width of queries and keys.

OLMo 3 has a window in all but every fourth layer. Defined by OlmoConfig, Olmo2Config, Olmo3Config and their causal
language models of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.layer_plan import dense_layers, every_nth_layer_full, full_attention

_biased_attention = partial(grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias")

OLMO = Family(
    model_types=("olmo",),
    class_names=("OlmoForCausalLM",),
    defaults={
        "vocab_size": 50304,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "max_position_embeddings": 2048,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=_biased_attention,
    dense=dense_feed_forward,
    vectors_per_norm=0,
)

OLMO2 = replace(
    OLMO,
    model_types=("olmo2",),
    class_names=("Olmo2ForCausalLM",),
    attention=partial(_biased_attention, head_norm="width"),
    vectors_per_norm=1,
)

OLMO3 = replace(
    OLMO2,
    model_types=("olmo3",),
    class_names=("Olmo3ForCausalLM",),
    defaults={**OLMO2.defaults, "sliding_window": 4096},
    layers=lambda fields: dense_layers(every_nth_layer_full(fields, 4)),
)

FAMILIES = (OLMO, OLMO2, OLMO3)
