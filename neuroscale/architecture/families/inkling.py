"""Inkling: four short convolutions a layer, learned relative positions, sliding layers with heads of their own.

Keys, values and what attention and feed-forward return pass a convolution each. Every sixth layer attends fully
unless `layer_types` or `local_layer_ids` say otherwise. `mlp_layer_types` or `dense_mlp_idx` say which layers are
dense; published files give the width of those in `dense_intermediate_size` and that of an expert in
`intermediate_size`. The router has rows for the shared experts too, and it and each dense feed-forward have one
learned scale. The embedding has a norm, and the output head is never tied. The root adds a vision tower and a
table of audio embeddings. Defined by InklingTextConfig, InklingConfig and their classes of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    hidden_size,
    projection,
    shared_experts_of_routed_width,
)
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.decoder import (
    AttentionBlock,
    DenseBlock,
    ExpertsBlock,
    Extras,
    Family,
    LayerKind,
    UncountableError,
)
from neuroscale.architecture.fields import (
    MAXIMUM_EXPERTS,
    MAXIMUM_HEADS,
    MAXIMUM_LAYERS,
    MAXIMUM_TOKENS,
    MAXIMUM_WIDTH,
    Fields,
)
from neuroscale.architecture.layer_plan import layer_count, typed_layers
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.prediction import counted_layers_only
from neuroscale.architecture.tower import width_of
from neuroscale.architecture.towers.inkling import INKLING_AUDIO, INKLING_VISION, folding_steps
from neuroscale.errors import InvalidInputError

_KINDS: dict[str, AttentionKind] = {"hybrid": "full", "hybrid_sliding": "sliding"}


def hybrid_kinds(fields: Fields) -> tuple[AttentionKind, ...]:
    """Return the attention of each layer, every sixth being full where the configuration says nothing."""
    layers = layer_count(fields)
    names = fields.texts("layer_types")
    if names is None:
        local = fields.integers("local_layer_ids", maximum=MAXIMUM_LAYERS)
        slides = (
            frozenset(index for index in range(layers) if (index + 1) % 6) if local is None else frozenset(local)
        )
        return tuple("sliding" if index in slides else "full" for index in range(layers))
    if len(names) != layers:
        raise InvalidInputError(f"has {len(names)} entries for {layers} layers", field=fields.path("layer_types"))
    if unknown := set(names) - _KINDS.keys():
        raise UncountableError(f"the layer type {min(unknown)!r} is not known for this family")
    return tuple(_KINDS[name] for name in names)


def convolved_attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    """Return attention with relative positions and the four static convolutions of its layer, without norms."""
    prefix = "swa_" if kind.attention == "sliding" else ""
    hidden = hidden_size(fields)
    heads = fields.integer(f"{prefix}num_attention_heads", maximum=MAXIMUM_HEADS)
    kv_heads = fields.integer(f"{prefix}num_key_value_heads", maximum=MAXIMUM_HEADS)
    width = fields.integer(f"{prefix}head_dim", maximum=MAXIMUM_WIDTH)
    window = fields.integer("sliding_window_size", maximum=MAXIMUM_TOKENS) if prefix else None
    extent = window or fields.integer("rel_extent", maximum=MAXIMUM_TOKENS)
    relative = fields.integer("d_rel", maximum=MAXIMUM_WIDTH)
    kernel = fields.integer("conv_kernel_size", maximum=MAXIMUM_WIDTH)
    return AttentionBlock(
        weights=projection(hidden, (heads + 2 * kv_heads) * width + heads * relative)
        + projection(heads * width, hidden)
        + relative * extent
        + 2 * kv_heads * width * kernel,
        norms=0,
        head_dimension=width,
        kv_heads=kv_heads,
        key_elements=width,
        value_elements=width,
        window_tokens=window,
        other=2 * hidden * kernel,
        modules=(
            ("self_attn.q_proj", hidden * heads * width),
            *((f"self_attn.{name}", hidden * kv_heads * width) for name in ("k_proj", "v_proj")),
            ("self_attn.r_proj", hidden * heads * relative),
            ("self_attn.o_proj", heads * width * hidden),
        ),
        # vLLM keeps a block of as many tokens as the kernel is long. Source: `InklingConvState` of vLLM 0.33.0.
        convolution_state_elements=kernel * 2 * (kv_heads * width + hidden),
    )


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    dense = fields.integer("dense_mlp_idx", minimum=0, maximum=MAXIMUM_LAYERS)
    return typed_layers(fields, hybrid_kinds(fields), dense)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = convolved_attention(fields, kind)
    return replace(block, norms=2 * block.head_dimension)


def _dense(fields: Fields, kind: LayerKind) -> DenseBlock:
    is_published = fields.has("dense_intermediate_size")
    width = "dense_intermediate_size" if is_published else "intermediate_size"
    block = dense_feed_forward(fields, kind, width=width)
    return replace(block, weights=block.weights + 1)


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    is_published = fields.has("dense_intermediate_size")
    width = "intermediate_size" if is_published else "moe_intermediate_size"
    block = expert_feed_forward(fields, kind, width=width, shared_width=shared_experts_of_routed_width)
    shared = fields.integer("n_shared_experts", minimum=0, maximum=MAXIMUM_EXPERTS)
    return replace(block, router=block.router + shared * hidden_size(fields) + 1)


def _last_step(_root: Fields, text: Fields, tower: Fields) -> int:
    """Return the step that projects into the language model, with the norm behind it."""
    return projection(folding_steps(tower)[-1].inputs, hidden_size(text)) + hidden_size(text)


def _audio_embeddings(_root: Fields, text: Fields, tower: Fields) -> int:
    """Return one embedding for each level of each bin of the spectrum, and the norm of their sum."""
    return (width_of(tower, "n_mel_bins") * width_of(tower, "mel_vocab_size") + 1) * hidden_size(text)


INKLING_TEXT = Family(
    model_types=("inkling_text",),
    class_names=("InklingForCausalLM",),
    defaults={
        "vocab_size": 201024,
        "hidden_size": 6144,
        "num_hidden_layers": 66,
        "num_attention_heads": 64,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "swa_num_attention_heads": 64,
        "swa_num_key_value_heads": 16,
        "swa_head_dim": 128,
        "sliding_window_size": 512,
        "d_rel": 16,
        "rel_extent": 1024,
        "max_position_embeddings": 131072,
        "conv_kernel_size": 4,
        "intermediate_size": 24576,
        "moe_intermediate_size": 3072,
        "n_routed_experts": 256,
        "num_experts_per_tok": 6,
        "n_shared_experts": 2,
        "dense_mlp_idx": 0,
    },
    layers=_layers,
    attention=_attention,
    dense=_dense,
    experts=_experts,
    extras=lambda fields: Extras(input_embedding=hidden_size(fields)),
    can_tie=False,
    prediction=counted_layers_only,
    aliases={"sliding_window_size": ("sliding_window",), "conv_kernel_size": ("sconv_kernel_size",)},
)
INKLING = Composite(
    model_types=("inkling_mm_model",),
    class_names=("InklingForConditionalGeneration",),
    language_model=INKLING_TEXT,
    vision=(AttachedTower(tower=INKLING_VISION, projector=_last_step),),
    audio=(AttachedTower(tower=INKLING_AUDIO, projector=_audio_embeddings, tower_field="audio_config"),),
    has_own_head=False,
)

FAMILIES = (INKLING_TEXT,)
COMPOSITES = (INKLING,)
