"""RecurrentGemma (Griffin): gated linear recurrences with a sliding layer at each third place.

`block_types` is repeated over the layers. The feed-forward is half as wide as `intermediate_size` says, and all its
projections and the attention output have biases. Defined by RecurrentGemmaConfig and RecurrentGemmaForCausalLM of
transformers.
"""

from neuroscale.architecture.blocks import feed_forward_modules, grouped_query_attention, hidden_size, projection
from neuroscale.architecture.decoder import AttentionBlock, DenseBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import dense_layers, layer_count
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.module_renaming import renamed_modules
from neuroscale.architecture.recurrent_blocks import gated_linear_recurrence

_KINDS: dict[str, AttentionKind] = {"recurrent": "state-space", "attention": "sliding"}
_ATTENTION_MODULES = {
    f"self_attn.{name}": f"temporal_block.{name}" for name in ("q_proj", "k_proj", "v_proj", "o_proj")
}


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    names = fields.texts("block_types") or ("recurrent",)
    if unknown := set(names) - _KINDS.keys():
        raise UncountableError(f"the layer type {min(unknown)!r} is not known for this family")
    return dense_layers([_KINDS[names[index % len(names)]] for index in range(layer_count(fields))])


def _mixer(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if kind.attention == "sliding":
        block = grouped_query_attention(fields, kind, input_bias="attention_bias", output_bias=True)
        return renamed_modules(block, _ATTENTION_MODULES)
    width = fields.optional_integer("lru_width", maximum=MAXIMUM_WIDTH, minimum=1)
    return gated_linear_recurrence(
        fields,
        width=hidden_size(fields) if width is None else width,
        kernel=fields.integer("conv1d_width", maximum=MAXIMUM_WIDTH),
    )


def _dense(fields: Fields, _kind: LayerKind) -> DenseBlock:
    hidden = hidden_size(fields)
    width = fields.integer("intermediate_size", maximum=MAXIMUM_WIDTH) // 2
    return DenseBlock(
        width,
        2 * projection(hidden, width, bias=True) + projection(width, hidden, bias=True),
        feed_forward_modules("mlp_block", hidden * width, 3),
    )


RECURRENT_GEMMA = Family(
    model_types=("recurrent_gemma",),
    class_names=("RecurrentGemmaForCausalLM",),
    defaults={
        "vocab_size": 256000,
        "hidden_size": 2560,
        "intermediate_size": 7680,
        "num_hidden_layers": 26,
        "num_attention_heads": 10,
        "attention_window_size": 2048,
        "conv1d_width": 4,
        "block_types": ("recurrent", "recurrent", "attention"),
        "tie_word_embeddings": True,
    },
    layers=_layers,
    attention=_mixer,
    dense=_dense,
    aliases={"sliding_window": ("attention_window_size",)},
)

FAMILIES = (RECURRENT_GEMMA,)
