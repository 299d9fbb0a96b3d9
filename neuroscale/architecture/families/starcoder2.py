"""StarCoder2: biases and layer norms throughout, no gate in the feed-forward, a window where the file states one.

Defined by Starcoder2Config and Starcoder2ForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.layer_plan import dense_layers, windowed_attention

STARCODER2 = Family(
    model_types=("starcoder2",),
    class_names=("Starcoder2ForCausalLM",),
    defaults={
        "vocab_size": 49152,
        "hidden_size": 3072,
        "intermediate_size": 12288,
        "num_hidden_layers": 30,
        "num_attention_heads": 24,
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
        "use_bias": True,
        "tie_word_embeddings": True,
    },
    layers=lambda fields: dense_layers(windowed_attention(fields)),
    attention=partial(grouped_query_attention, input_bias="use_bias", output_bias="use_bias"),
    dense=partial(dense_feed_forward, bias="use_bias", matrices=2, modules=("mlp.c_fc", "mlp.c_proj")),
    vectors_per_norm=2,
)

FAMILIES = (STARCODER2,)
