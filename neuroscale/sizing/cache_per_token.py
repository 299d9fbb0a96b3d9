"""What one token adds to the KV cache, by kind of layer: of the whole model, before any parallelism."""

from dataclasses import dataclass

from neuroscale.architecture.model import AttentionGroup, AttentionKind, ModelArchitecture
from neuroscale.sizing.bounds import ByteBounds
from neuroscale.sizing.cache_reservation import MOST_INDEXER_BYTES
from neuroscale.sizing.kv_cache import (
    GROWING_KINDS,
    cached_bytes_per_token,
    group_state_bytes,
)

# The type of the KV cache is that of the activations, which engines keep in 16 bits unless told otherwise.
HALF_PRECISION_BYTES = 2
FP8_BYTES = 1


@dataclass(frozen=True, slots=True)
class LayerKindCache:
    """The cache of the layers of one kind and window, together.

    Attributes:
        kind: What the layers keep.
        layers: How many they are.
        window_tokens: The newest tokens to which the cache is limited, or which compressed attention keeps whole
            beside its entries; None when there is no window.
        keeps_every_token: Whether the cache grows with every token of the sequence.
        bytes_per_token: Keys and values of one token in 16 bits.
        fp8_bytes_per_token: The same in 8 bits.
        indexer_bytes_per_token: Keys of a sparse-attention indexer, each of 128 elements in 8 bits with its scale.
        state_bytes_per_sequence: What is kept however long the sequence is.
    """

    kind: AttentionKind
    layers: int
    window_tokens: int | None
    keeps_every_token: bool
    bytes_per_token: int
    fp8_bytes_per_token: int
    indexer_bytes_per_token: int
    state_bytes_per_sequence: ByteBounds


def cache_by_layer_kind(architecture: ModelArchitecture) -> tuple[LayerKindCache, ...] | None:
    """Return the cache of every kind of layer, in the model's order; None when its layers are not known.

    The 16-bit bytes of the kinds that keep every token add up to `kv_cache_bytes_per_token`.
    """
    if architecture.attention is None or not architecture.attention.groups:
        return None
    groups: dict[tuple[AttentionKind, int | None], list[AttentionGroup]] = {}
    for group in architecture.attention.groups:
        groups.setdefault((group.kind, group.window_tokens), []).append(group)
    return tuple(_together(kind, window, members) for (kind, window), members in groups.items())


def _together(kind: AttentionKind, window: int | None, groups: list[AttentionGroup]) -> LayerKindCache:
    states = [group_state_bytes(group) for group in groups]
    return LayerKindCache(
        kind=kind,
        layers=sum(group.layers for group in groups),
        window_tokens=window,
        keeps_every_token=kind in GROWING_KINDS,
        bytes_per_token=sum(cached_bytes_per_token(group, HALF_PRECISION_BYTES) for group in groups),
        fp8_bytes_per_token=sum(cached_bytes_per_token(group, FP8_BYTES) for group in groups),
        indexer_bytes_per_token=sum(
            int(group.layers * group.indexer_elements_per_token * MOST_INDEXER_BYTES) // group.tokens_per_entry
            for group in groups
        ),
        state_bytes_per_sequence=ByteBounds(
            sum(state.optimistic_bytes for state in states), sum(state.pessimistic_bytes for state in states)
        ),
    )
