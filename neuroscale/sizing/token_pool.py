"""The KV cache that SGLang keeps for one request: rows of a pool of tokens, and slots of a pool of states."""

import math
from collections.abc import Iterable, Mapping

from neuroscale.architecture.model import AttentionGroup
from neuroscale.engines.settings import EngineSettings
from neuroscale.sizing.cache_reservation import MOST_INDEXER_BYTES, LayerKey
from neuroscale.sizing.stated_counts import stated_count

# Pages hold 1 token by default and 64 or 128 where a backend insists on it.
_MOST_PAGE_TOKENS = 128
# A request has a slot for its state, others for what the prefix cache keeps, and two that are tracked meanwhile.
# Source: SGLang 0.5.23, `_calculate_mamba_ratio` and `get_mamba_tracking_slots`.
_STATE_SLOTS = 5
_CONVOLUTION_BYTES, _RECURRENCE_BYTES = 2, 4
# Rows of latent attention in 8 bits keep their rotated part in 16 where an indexer chooses from them.
_EIGHT_BIT_INDEXED_ROW = 656 / 576


def pooled_bytes(
    groups: Iterable[AttentionGroup], settings: EngineSettings, tokens: int, element_bytes: float
) -> Mapping[LayerKey, int]:
    """Return the bytes that one request of `tokens` takes of the pools of the fullest rank, by kind and window.

    Every layer keeps every token: those outside a window are returned to the pool of such layers late, if at all.
    KV heads are cut over the ranks of one copy of the attention; decode context parallelism deals tokens out.

    Args:
        groups: The layers of the model by shape of their cache.
        settings: Parallel sizes and cache options of SGLang.
        tokens: Prompt and output together.
        element_bytes: Bytes of one cached element.

    Source: SGLang 0.4.6.post5 to 0.5.23, mem_cache/memory_pool.py and `get_cell_size_per_token`.
    """
    cut = settings.attention_tensor_parallel_size
    page = stated_count(settings, "--page-size") or _MOST_PAGE_TOKENS
    held = math.ceil(math.ceil(tokens / page) * page / settings.decode_context_parallel_size)
    drafted = stated_count(settings, "--speculative-num-draft-tokens") or 0
    pooled: dict[LayerKey, int] = {}
    for group in groups:
        row = math.ceil(group.kv_heads / cut) * (group.key_elements_per_token + group.value_elements_per_token)
        row_bytes = row * element_bytes
        if group.indexer_elements_per_token:
            if element_bytes == 1:
                row_bytes *= _EIGHT_BIT_INDEXED_ROW
            row_bytes += group.indexer_elements_per_token * MOST_INDEXER_BYTES
        entries = math.ceil(held / group.tokens_per_entry)
        if group.kind == "latent" and group.window_tokens is not None:
            entries += held
        state = _CONVOLUTION_BYTES * group.convolution_state_elements
        state += _RECURRENCE_BYTES * group.recurrent_state_elements
        copies = 1 if group.kind == "latent" else cut
        layers = math.ceil(group.layers / settings.pipeline_parallel_size)
        amount = layers * (row_bytes * entries + math.ceil(state / copies) * (_STATE_SLOTS + drafted))
        key = group.kind, group.window_tokens
        pooled[key] = pooled.get(key, 0) + math.ceil(amount)
    return pooled
