"""SmolLM3: Llama with layers that know no positions, which alone have the window if it is switched on.

Defined by SmolLM3Config and SmolLM3ForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_TOKENS, Fields
from neuroscale.architecture.layer_plan import dense_layers, layer_count, stated_attention_kinds
from neuroscale.errors import InvalidInputError


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    if (stated := stated_attention_kinds(fields)) is not None:
        return dense_layers(stated)
    layers = layer_count(fields)
    has_positions = fields.integers("no_rope_layers", maximum=1)
    if has_positions is None:
        interval = fields.integer("no_rope_layer_interval", maximum=MAXIMUM_LAYERS)
        has_positions = tuple(int((index + 1) % interval != 0) for index in range(layers))
    if len(has_positions) != layers:
        raise InvalidInputError(
            f"has {len(has_positions)} entries for {layers} layers", field=fields.path("no_rope_layers")
        )
    is_windowed = fields.flag("use_sliding_window") and fields.optional_integer(
        "sliding_window", maximum=MAXIMUM_TOKENS
    )
    return dense_layers(["sliding" if is_windowed and not known else "full" for known in has_positions])


SMOLLM3 = Family(
    model_types=("smollm3",),
    class_names=("SmolLM3ForCausalLM",),
    defaults={
        "vocab_size": 128256,
        "hidden_size": 2048,
        "intermediate_size": 11008,
        "num_hidden_layers": 36,
        "num_attention_heads": 16,
        "num_key_value_heads": 4,
        "max_position_embeddings": 32768,
        "no_rope_layer_interval": 4,
        "tie_word_embeddings": True,
    },
    layers=_layers,
    attention=partial(grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias"),
    dense=partial(dense_feed_forward, bias="mlp_bias"),
)

FAMILIES = (SMOLLM3,)
