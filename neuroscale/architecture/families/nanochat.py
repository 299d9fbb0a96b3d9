"""NanoChat: norms without weights and a feed-forward without a gate.

Defined by NanoChatConfig and NanoChatForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.layer_plan import dense_layers, full_attention

NANOCHAT = Family(
    model_types=("nanochat",),
    class_names=("NanoChatForCausalLM",),
    defaults={
        "vocab_size": 50304,
        "hidden_size": 768,
        "intermediate_size": 8192,
        "num_hidden_layers": 12,
        "num_attention_heads": 6,
        "max_position_embeddings": 2048,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=partial(grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias"),
    dense=partial(dense_feed_forward, matrices=2, modules=("mlp.fc1", "mlp.fc2")),
    vectors_per_norm=0,
)

FAMILIES = (NANOCHAT,)
