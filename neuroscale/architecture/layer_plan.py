"""Which layers of a decoder attend how, and which hold experts: the spellings that families share."""

from collections.abc import Mapping, Sequence

from neuroscale.architecture.blocks import routed_experts
from neuroscale.architecture.decoder import LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_TOKENS, Fields
from neuroscale.architecture.model import AttentionKind
from neuroscale.errors import InvalidInputError

ATTENTION_KINDS: dict[str, AttentionKind] = {
    "full_attention": "full",
    "sliding_attention": "sliding",
    "chunked_attention": "chunked",
    "linear_attention": "linear",
}


def layer_count(fields: Fields) -> int:
    """Return the number of decoder layers."""
    return fields.integer("num_hidden_layers", maximum=MAXIMUM_LAYERS)


def repeated(kind: AttentionKind, layers: int) -> tuple[AttentionKind, ...]:
    """Return one attention kind for a number of layers."""
    return (kind,) * layers


def stated_attention_kinds(
    fields: Fields, *, name: str = "layer_types", kinds: Mapping[str, AttentionKind] = ATTENTION_KINDS
) -> tuple[AttentionKind, ...] | None:
    """Return the attention of each layer as a list of layer types states it, or None when there is no list.

    Args:
        fields: The language model's configuration.
        name: Field with the list.
        kinds: What the family calls each kind.

    Raises:
        InvalidInputError: The list has not one entry per layer.
        UncountableError: A layer type is not known.
    """
    names = fields.texts(name)
    if names is None:
        return None
    layers = layer_count(fields)
    if len(names) != layers:
        raise InvalidInputError(f"has {len(names)} entries for {layers} layers", field=fields.path(name))
    if unknown := set(names) - kinds.keys():
        raise UncountableError(f"the layer type {min(unknown)!r} is not known for this family")
    return tuple(kinds[layer_type] for layer_type in names)


def full_attention(fields: Fields) -> tuple[AttentionKind, ...]:
    """Return full attention for every layer."""
    return repeated("full", layer_count(fields))


def windowed_attention(fields: Fields) -> tuple[AttentionKind, ...]:
    """Return one kind for all layers: sliding when `sliding_window` is stated, full otherwise."""
    window = fields.optional_integer("sliding_window", maximum=MAXIMUM_TOKENS)
    return repeated("sliding" if window else "full", layer_count(fields))


def late_windowed_attention(fields: Fields) -> tuple[AttentionKind, ...]:
    """Return the Qwen rule: with `use_sliding_window`, layers from `max_window_layers` on have the window."""
    if (stated := stated_attention_kinds(fields)) is not None:
        return stated
    layers = layer_count(fields)
    if not (
        fields.flag("use_sliding_window") and fields.optional_integer("sliding_window", maximum=MAXIMUM_TOKENS)
    ):
        return repeated("full", layers)
    first = min(layers, fields.integer("max_window_layers", minimum=0, maximum=MAXIMUM_TOKENS))
    return repeated("full", first) + repeated("sliding", layers - first)


def dense_layers(attention: Sequence[AttentionKind]) -> tuple[LayerKind, ...]:
    """Return layers that all have a dense feed-forward."""
    return tuple(LayerKind(kind, dense=True, experts=False) for kind in attention)


def expert_layers(attention: Sequence[AttentionKind]) -> tuple[LayerKind, ...]:
    """Return layers that all have routed experts."""
    return tuple(LayerKind(kind, dense=False, experts=True) for kind in attention)


def dense_then_expert_layers(attention: Sequence[AttentionKind], dense: int) -> tuple[LayerKind, ...]:
    """Return layers of which the first `dense` have a dense feed-forward and the rest experts."""
    return tuple(
        LayerKind(kind, dense=index < dense, experts=index >= dense) for index, kind in enumerate(attention)
    )


def sparse_step_layers(fields: Fields, attention: Sequence[AttentionKind]) -> tuple[LayerKind, ...]:
    """Return the Qwen rule: every `decoder_sparse_step`-th layer has experts, save those of `mlp_only_layers`."""
    step = fields.integer("decoder_sparse_step", maximum=MAXIMUM_LAYERS)
    excluded = frozenset(fields.integers("mlp_only_layers", maximum=MAXIMUM_LAYERS) or ())
    has_experts = routed_experts(fields) > 0
    is_sparse = [
        has_experts and (index + 1) % step == 0 and index not in excluded for index in range(len(attention))
    ]
    return tuple(
        LayerKind(kind, dense=not sparse, experts=sparse) for kind, sparse in zip(attention, is_sparse, strict=True)
    )


def typed_layers(fields: Fields, attention: Sequence[AttentionKind], first_dense: int) -> tuple[LayerKind, ...]:
    """Return layers as `mlp_layer_types` states them ("dense" or "sparse"), or with the first ones dense.

    Raises:
        InvalidInputError: The list has not one entry per layer.
        UncountableError: A layer type is not known.
    """
    names = fields.texts("mlp_layer_types")
    if names is None:
        return dense_then_expert_layers(attention, first_dense)
    if len(names) != len(attention):
        raise InvalidInputError(
            f"has {len(names)} entries for {len(attention)} layers", field=fields.path("mlp_layer_types")
        )
    if unknown := set(names) - {"dense", "sparse"}:
        raise UncountableError(f"the feed-forward type {min(unknown)!r} is not known for this family")
    return tuple(
        LayerKind(kind, dense=name == "dense", experts=name == "sparse")
        for kind, name in zip(attention, names, strict=True)
    )


def every_nth_layer_full(
    fields: Fields, period: int, *, between: AttentionKind = "sliding"
) -> tuple[AttentionKind, ...]:
    """Return attention as `layer_types` states it, or with every n-th layer full and another kind between."""
    if (stated := stated_attention_kinds(fields)) is not None:
        return stated
    return tuple("full" if (index + 1) % period == 0 else between for index in range(layer_count(fields)))
