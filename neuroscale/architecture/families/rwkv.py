"""RWKV 4: time mixing and channel mixing in place of attention and feed-forward, each with a gate of its own.

Both mix a token with the one before it, so each keeps its last input; the recurrence keeps numerator, denominator
and maximum per channel. vLLM has no such layer; the state is that of RWKV, https://arxiv.org/abs/2305.13048.
Defined by RwkvConfig and RwkvForCausalLM of transformers.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.decoder import AttentionBlock, DenseBlock, Extras, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.recurrent_blocks import mixer


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    return (LayerKind("linear", dense=True, experts=False),) * layer_count(fields)


def _time_mixing(fields: Fields, _kind: LayerKind) -> AttentionBlock:
    hidden = hidden_size(fields)
    stated = fields.optional_integer("attention_hidden_size", maximum=MAXIMUM_WIDTH, minimum=1)
    width = hidden if stated is None else stated
    return mixer(
        weights=2 * width + 3 * hidden + projection(hidden, 3 * width) + projection(width, hidden),
        convolved=2 * hidden,
        kernel=2,
        state=3 * width,
        modules=tuple((f"attention.{name}", hidden * width) for name in ("key", "value", "receptance", "output")),
    )


def _channel_mixing(fields: Fields, _kind: LayerKind) -> DenseBlock:
    hidden = hidden_size(fields)
    stated = fields.optional_integer("intermediate_size", maximum=MAXIMUM_WIDTH, minimum=1)
    width = 4 * hidden if stated is None else stated
    return DenseBlock(
        width,
        2 * hidden + projection(hidden, width + hidden) + projection(width, hidden),
        (
            ("feed_forward.key", hidden * width),
            ("feed_forward.receptance", hidden * hidden),
            ("feed_forward.value", width * hidden),
        ),
    )


def _norm_of_the_embedding(fields: Fields) -> Extras:
    return Extras(normalisation=2 * hidden_size(fields))


RWKV = Family(
    model_types=("rwkv",),
    class_names=("RwkvForCausalLM",),
    defaults={
        "vocab_size": 50277,
        "hidden_size": 4096,
        "num_hidden_layers": 32,
        "context_length": 1024,
    },
    layers=_layers,
    attention=_time_mixing,
    dense=_channel_mixing,
    vectors_per_norm=2,
    extras=_norm_of_the_embedding,
    aliases={"max_position_embeddings": ("context_length",)},
)

FAMILIES = (RWKV,)
