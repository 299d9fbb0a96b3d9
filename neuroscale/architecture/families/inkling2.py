"""Inkling 2: Inkling's attention with a gate and sinks computed from the input, and experts in every layer.

Queries and relative positions have a learned scale per element instead of norms. In full layers the convolutions
of keys and values add weights computed from the input, and queries, keys and values have an input norm each.
Layers read a mixture of the blocks before them, chosen by learned queries: one before the attention (three in full
layers, none in the first layer), one before the experts and one before the head. The root adds a vision tower.
Defined by Inkling2TextConfig, Inkling2Config and their classes of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import expert_feed_forward, hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.decoder import AttentionBlock, Extras, Family, LayerKind
from neuroscale.architecture.families.inkling import convolved_attention, hybrid_kinds
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import expert_layers
from neuroscale.architecture.tower import width_of
from neuroscale.architecture.towers.inkling import INKLING2_VISION

_FIRST = "has no blocks before it"
# Beyond the norms before attention and experts: queries, keys and values of a full layer have one each.
_FURTHER_NORMS_OF_A_FULL_LAYER = 2


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    first, *others = expert_layers(hybrid_kinds(fields))
    return (first._replace(variant=_FIRST), *others)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    is_full = kind.attention == "full"
    prefix = "" if is_full else "swa_"
    block = convolved_attention(fields, kind)
    hidden = hidden_size(fields)
    heads = fields.integer(f"{prefix}num_attention_heads", maximum=MAXIMUM_HEADS)
    relative = fields.integer("d_rel", maximum=MAXIMUM_WIDTH)
    kernel = fields.integer("conv_kernel_size", maximum=MAXIMUM_WIDTH)
    gate_and_sinks = projection(hidden, heads * block.head_dimension + heads)
    scales = heads * (block.head_dimension + relative)
    computed_convolutions = 2 * projection(hidden, block.kv_heads * kernel) if is_full else 0
    queries = 1 + (0 if kind.variant == _FIRST else 3 if is_full else 1)
    return replace(
        block,
        weights=block.weights + gate_and_sinks + scales + computed_convolutions,
        norms=_FURTHER_NORMS_OF_A_FULL_LAYER * hidden if is_full else 0,
        other=block.other + queries * hidden,
        modules=(
            *block.modules,
            ("self_attn.gate_proj", hidden * heads * block.head_dimension),
            ("self_attn.sink_proj", hidden * heads),
        ),
    )


def _extras(fields: Fields) -> Extras:
    return Extras(input_embedding=hidden_size(fields), other=hidden_size(fields))


def _projector(_root: Fields, text: Fields, tower: Fields) -> int:
    return projection(
        width_of(tower, "projection_hidden_dim"), hidden_size(text), bias=tower.flag("projector_bias")
    )


INKLING2_TEXT = Family(
    model_types=("inkling2_text",),
    class_names=("Inkling2ForCausalLM",),
    defaults={
        "vocab_size": 201024,
        "hidden_size": 4608,
        "num_hidden_layers": 48,
        "num_attention_heads": 48,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "swa_num_attention_heads": 48,
        "swa_num_key_value_heads": 8,
        "swa_head_dim": 128,
        "sliding_window_size": 1024,
        "d_rel": 16,
        "rel_extent": 1024,
        "max_position_embeddings": 1048576,
        "conv_kernel_size": 4,
        "moe_intermediate_size": 2304,
        "n_routed_experts": 384,
        "num_experts_per_tok": 8,
    },
    layers=_layers,
    attention=_attention,
    experts=expert_feed_forward,
    extras=_extras,
    can_tie=False,
    aliases={
        "sliding_window_size": ("sliding_window",),
        "conv_kernel_size": ("sconv_kernel_size",),
        "moe_intermediate_size": ("intermediate_size",),
    },
)
INKLING2 = Composite(
    model_types=("inkling2",),
    class_names=("Inkling2ForConditionalGeneration",),
    language_model=INKLING2_TEXT,
    vision=(AttachedTower(tower=INKLING2_VISION, projector=_projector),),
    has_own_head=False,
)

FAMILIES = (INKLING2_TEXT,)
COMPOSITES = (INKLING2,)
