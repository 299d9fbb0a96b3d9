"""The KV cache that the engine sets aside for one request where latent entries stand for several tokens."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from neuroscale.architecture.model import AttentionGroup
from neuroscale.engines.settings import EngineSettings
from neuroscale.sizing.cache_reservation import MOST_INDEXER_BYTES, LayerKey, tokens_in_flight
from neuroscale.sizing.stated_counts import stated_count

_DEFAULT_BLOCK_TOKENS = 256
# Tokens per block of the newest tokens, which are kept whole.
_WINDOW_BLOCK_TOKENS = 64
# Pages are aligned to this many bytes where rows are in 8 bits.
_PAGE_ALIGNMENT_BYTES = 576
# A row of 512 elements in 8 bits keeps its 64 rotated ones in 16 and has 8 bytes of scales.
_EIGHT_BIT_ROW = 584 / 512
# Bytes of a block of rows that are still to be compressed, which fixes its tokens.
_STATE_BLOCK_BYTES = 32768
_STATE_ELEMENT_BYTES = 4


def packed_bytes(
    groups: Sequence[AttentionGroup], settings: EngineSettings, tokens: int, element_bytes: float
) -> Mapping[LayerKey, int] | None:
    """Return the bytes that one request of `tokens` reserves on the fullest accelerator, by kind and window.

    Three kinds of cache share blocks of equal bytes: the entries of all layers, the newest tokens of each layer,
    kept whole, and in 32 bits the rows that wait to be compressed. The last two reserve their window - 1 + the
    tokens in flight, and a block more, in blocks of few tokens: often more than all entries of the request.

    Args:
        groups: The layers of the model by shape of their cache.
        settings: Parallel sizes, scheduler limits and cache options.
        tokens: Prompt and output together.
        element_bytes: Bytes of one cached element.

    Returns:
        None where the rows that wait are no windows of whole runs. Each layer's newest tokens count with its kind.

    Source: vLLM 0.20.0 to 0.33.0, `CompressorStateCache` of DeepSeek-V4, `DeepseekV4SWACache`,
    `SlidingWindowMLASpec`, `_get_kv_cache_groups_uniform_groups` and `_max_memory_usage_bytes_from_groups`; from
    0.29.0 on blocks have some 5 % fewer bytes.
    """
    compressed = [group for group in groups if group.tokens_per_entry > 1]
    windows = [group for group in groups if group.window_tokens is not None]
    if not compressed or len(windows) < len(groups) or not all(map(_waits_in_runs, compressed)):
        return None
    stages = settings.pipeline_parallel_size
    block = stated_count(settings, "--block-size") or _DEFAULT_BLOCK_TOKENS
    row_bytes = groups[0].key_elements_per_token * (_EIGHT_BIT_ROW if element_bytes < 2 else element_bytes)
    # Layers by the bytes of their page, of entries and of the indexer's keys.
    pages: Counter[int] = Counter()
    for group in compressed:
        entries = math.ceil(block / group.tokens_per_entry)
        layers = math.ceil(group.layers / stages)
        pages[_page(entries * row_bytes)] += layers
        if group.indexer_elements_per_token:
            pages[_page(entries * group.indexer_elements_per_token * MOST_INDEXER_BYTES)] += layers
    whole = math.ceil(sum(group.layers for group in groups) / stages)
    waiting = [math.ceil(group.layers / stages) for group in compressed]
    per_tuple = _least_padding([max(pages.values()), whole, *waiting])
    block_bytes = per_tuple * sum(pages)

    ranks = settings.decode_context_parallel_size * settings.prefill_context_parallel_size
    entry_blocks = math.ceil(math.ceil(tokens / ranks) / block)
    state_blocks = sum(
        _window_blocks(_waiting_tokens(group), _state_block_tokens(group), settings, tokens)
        * math.ceil(layers / per_tuple)
        for group, layers in zip(compressed, waiting, strict=True)
    )
    window = max(group.window_tokens or 0 for group in groups)
    window_blocks = _window_blocks(window, _WINDOW_BLOCK_TOKENS, settings, tokens) * math.ceil(whole / per_tuple)
    return _by_kind(
        groups, window_bytes=window_blocks * block_bytes, rest_bytes=(entry_blocks + state_blocks) * block_bytes
    )


def _by_kind(groups: Sequence[AttentionGroup], *, window_bytes: int, rest_bytes: int) -> Mapping[LayerKey, int]:
    """Return the bytes by kind: windows to every layer alike, the rest to those that compress."""
    kinds: dict[LayerKey, int] = {}
    layers = 0
    bounds = [0]
    for group in groups:
        layers += group.layers
        bounds.append(layers)
    shares = [window_bytes * end // layers - window_bytes * start // layers for start, end in pairwise(bounds)]
    rest = rest_bytes
    for group, share in zip(groups, shares, strict=True):
        key = group.kind, group.window_tokens
        kinds[key] = kinds.get(key, 0) + share
        if group.tokens_per_entry > 1:
            kinds[key] += rest
            rest = 0
    return kinds


def _runs(group: AttentionGroup) -> int:
    """Return the runs of tokens that an entry is made from: two that overlap where an indexer chooses entries."""
    return 2 if group.indexer_elements_per_token else 1


def _waiting_tokens(group: AttentionGroup) -> int:
    return _runs(group) * group.tokens_per_entry


def _row_elements(group: AttentionGroup, width: int) -> int:
    """Return the elements of a row that waits: for each run its values and its scores."""
    return 2 * _runs(group) * width


def _waits_in_runs(group: AttentionGroup) -> bool:
    """Whether what the group keeps beside its entries is a row for each token of the runs of an entry."""
    width = group.key_elements_per_token + group.indexer_elements_per_token
    return (
        group.kind == "latent"
        and group.recurrent_state_elements == _waiting_tokens(group) * _row_elements(group, width)
        and not group.value_elements_per_token
    )


def _state_block_tokens(group: AttentionGroup) -> int:
    row_bytes = _STATE_ELEMENT_BYTES * _row_elements(group, group.key_elements_per_token)
    return max(1, _STATE_BLOCK_BYTES // row_bytes)


def _window_blocks(window: int, block: int, settings: EngineSettings, tokens: int) -> int:
    return math.ceil(min(tokens, window - 1 + tokens_in_flight(settings)) / block) + 1


def _page(size: float) -> int:
    return math.ceil(size / _PAGE_ALIGNMENT_BYTES) * _PAGE_ALIGNMENT_BYTES


def _least_padding(counts: Sequence[int]) -> int:
    """Return the layers per group, at least the first count, that need the fewest empty ones; of equals most."""
    return min(range(counts[0], max(counts) + 1), key=lambda size: (sum(-count % size for count in counts), -size))
