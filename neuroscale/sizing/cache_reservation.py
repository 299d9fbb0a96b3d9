"""The KV cache that the engine sets aside for one request, in whole blocks of groups of layers."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from neuroscale.architecture.model import AttentionGroup, AttentionKind
from neuroscale.engines.settings import EngineSettings
from neuroscale.sizing.memory_facts import memory_fact
from neuroscale.sizing.stated_counts import stated_count

# A key of 128 elements in 8 bits and its scale of 4 bytes.
# Source: vLLM 0.33.0, `DeepseekV32IndexerCache` and the indexers of the DeepSeek-V4 backends.
MOST_INDEXER_BYTES = 132 / 128
_DEFAULT_BLOCK_TOKENS = 16
# Kernels for latent attention in models that keep states as well take whole multiples of this many tokens.
_LATENT_BLOCK_TOKENS = 128
_DEFAULT_BATCHED_TOKENS = 16384
_BYTES_PER_STATE_ELEMENT = {"float32": 4, "float16": 2, "bfloat16": 2}
_WINDOWED_KINDS = frozenset({"sliding", "chunked"})

LayerKey = tuple[AttentionKind, int | None]


@dataclass(slots=True)
class _Bucket:
    """Layers of one kind and shape that a pipeline stage holds.

    Attributes:
        key: Kind and window.
        layers: How many they are.
        token_bytes: Bytes of one token in one layer; 0 for states.
        state_bytes: Bytes of a constant state in one layer; 0 where there is none.
    """

    key: LayerKey
    layers: int
    token_bytes: float
    state_bytes: int


def reserved_bytes(
    groups: Iterable[AttentionGroup], settings: EngineSettings, tokens: int, element_bytes: float
) -> Mapping[LayerKey, int]:
    """Return the bytes that one request of `tokens` reserves on the fullest accelerator, by kind and window.

    Layers of one kind fill whole blocks. Where kinds are mixed, all layers are dealt into groups of equally many
    layers, padded with empty ones, and a block has the same bytes in every group: layers with fewer bytes per token
    have longer blocks. A window reserves window - 1 + the tokens of the batches in flight, and one block more; a
    recurrent layer one block, or two where prefixes are cached, of the size of the largest page.

    Args:
        groups: The layers of the model by shape of their cache.
        settings: Parallel sizes, scheduler limits and cache options.
        tokens: Prompt and output together.
        element_bytes: Bytes of one cached element.

    Source: vLLM 0.33.0, v1/core/kv_cache_planning.py (`unify_kv_cache_spec_page_size`,
    `_get_kv_cache_groups_uniform_page_size`), v1/kv_cache_interface.py (`max_memory_usage_bytes` of every spec) and
    platforms/interface.py (alignment of attention blocks to the pages of states); 0.9.2 to 0.32.0 by comparison.
    """
    buckets = _buckets(groups, settings, element_bytes)
    keeps_apart = _keeps_kinds_apart(settings, buckets)
    if not keeps_apart or not _are_mixed(buckets):
        block = stated_count(settings, "--block-size") or _DEFAULT_BLOCK_TOKENS
        reserved: dict[LayerKey, int] = {}
        for bucket in buckets:
            held = _attention_blocks(bucket, settings, tokens, block, keeps_window=keeps_apart)
            amount = bucket.layers * (
                bucket.token_bytes * held * block + bucket.state_bytes * _state_blocks(settings, tokens, block)
            )
            reserved[bucket.key] = reserved.get(bucket.key, 0) + math.ceil(amount)
        return reserved
    return _in_groups(buckets, settings, tokens)


def attention_block_tokens(groups: Iterable[AttentionGroup], settings: EngineSettings, element_bytes: float) -> int:
    """Return the tokens per block of the attention layers: so many that a block holds the largest state.

    The engine says "Setting attention block size to N tokens" where that is more than was asked for.
    """
    return _aligned_block_tokens(_buckets(groups, settings, element_bytes), settings)


def _in_groups(buckets: list[_Bucket], settings: EngineSettings, tokens: int) -> Mapping[LayerKey, int]:
    block = _aligned_block_tokens(buckets, settings)
    pages = [bucket.state_bytes or math.ceil(bucket.token_bytes * block) for bucket in buckets]
    largest_page = max(pages)
    counts = [bucket.layers for bucket in buckets]
    per_group = min(counts)
    if max(counts) < per_group * memory_fact("largest-group-ratio", settings.version):
        per_group = max(counts)
    reserved: dict[LayerKey, int] = {}
    for bucket, page in zip(buckets, pages, strict=True):
        if bucket.state_bytes:
            blocks = _state_blocks(settings, tokens, block)
        else:
            longer = largest_page // page if largest_page % page == 0 else 1
            blocks = _attention_blocks(bucket, settings, tokens, block * longer, keeps_window=True)
        amount = math.ceil(bucket.layers / per_group) * per_group * largest_page * blocks
        reserved[bucket.key] = reserved.get(bucket.key, 0) + amount
    return reserved


def _buckets(groups: Iterable[AttentionGroup], settings: EngineSettings, element_bytes: float) -> list[_Bucket]:
    """Return the layers with a cache, those of one kind and shape together."""
    tensor, stages = settings.tensor_parallel_size, settings.pipeline_parallel_size
    found: dict[tuple[LayerKey, float, int], _Bucket] = {}
    for group in groups:
        heads = math.ceil(group.kv_heads / tensor)
        elements = heads * (group.key_elements_per_token + group.value_elements_per_token)
        token_bytes = elements * element_bytes + group.indexer_elements_per_token * MOST_INDEXER_BYTES
        state_bytes = math.ceil(_state_bytes(group, settings) / tensor)
        if not token_bytes and not state_bytes:
            continue
        key = group.kind, group.window_tokens
        bucket = found.setdefault((key, token_bytes, state_bytes), _Bucket(key, 0, token_bytes, state_bytes))
        bucket.layers += group.layers
    for bucket in found.values():
        bucket.layers = math.ceil(bucket.layers / stages)
    return list(found.values())


def _state_bytes(group: AttentionGroup, settings: EngineSettings) -> int:
    """Return the bytes of a state; the recurrence in 32 bits unless another type is asked for.

    Source: vLLM 0.33.0, `mamba_cache_dtype` and `mamba_ssm_cache_dtype`; checkpoints ask for 32 bits by a field of
    their own.
    """
    convolution = _BYTES_PER_STATE_ELEMENT.get(settings.options.get("--mamba-cache-dtype", ""), 2)
    recurrence = _BYTES_PER_STATE_ELEMENT.get(settings.options.get("--mamba-ssm-cache-dtype", ""), 4)
    return convolution * group.convolution_state_elements + recurrence * group.recurrent_state_elements


def _keeps_kinds_apart(settings: EngineSettings, buckets: list[_Bucket]) -> bool:
    """Whether windows and states are managed apart from whole sequences.

    Transfer of the cache to other engines turned that off with connectors that do not support it.
    """
    if settings.options.get("--disable-hybrid-kv-cache-manager") == "true" or any(
        name.startswith("--kv-transfer-config") for name in settings.options
    ):
        return False
    has_chunks = any(bucket.key[0] == "chunked" for bucket in buckets)
    if has_chunks and not memory_fact("chunked-layers-keep-their-chunk", settings.version):
        return False
    return bool(memory_fact("layers-of-different-kinds-in-groups", settings.version))


def _are_mixed(buckets: list[_Bucket]) -> bool:
    kinds = {bucket.key if bucket.key[0] in _WINDOWED_KINDS else bool(bucket.state_bytes) for bucket in buckets}
    return len(kinds) > 1


def _aligned_block_tokens(buckets: list[_Bucket], settings: EngineSettings) -> int:
    """Return tokens per block of attention, so many that its page is no smaller than that of any state."""
    block = stated_count(settings, "--block-size") or _DEFAULT_BLOCK_TOKENS
    state_page = max((bucket.state_bytes for bucket in buckets), default=0)
    attention = [bucket for bucket in buckets if bucket.token_bytes]
    if not state_page or not attention:
        return block
    alignment = block
    if any(bucket.key[0] == "latent" for bucket in attention):
        alignment = math.lcm(block, _LATENT_BLOCK_TOKENS)
    token_bytes = max(bucket.token_bytes for bucket in attention)
    return max(block, alignment * math.ceil(state_page / (alignment * token_bytes)))


def _attention_blocks(
    bucket: _Bucket, settings: EngineSettings, tokens: int, block: int, *, keeps_window: bool
) -> int:
    kind, window = bucket.key
    if not keeps_window or window is None or kind not in _WINDOWED_KINDS:
        ranks = settings.decode_context_parallel_size * settings.prefill_context_parallel_size
        return math.ceil(math.ceil(tokens / ranks) / block)
    in_flight = tokens_in_flight(settings)
    if kind == "chunked":
        return math.ceil(min(tokens, window + in_flight) / block)
    return math.ceil(min(tokens, window - 1 + in_flight) / block) + 1


def tokens_in_flight(settings: EngineSettings) -> int:
    """Return the tokens whose step is scheduled and not yet settled: those of one batch, or of each in flight."""
    batched = stated_count(settings, "--max-num-batched-tokens") or _DEFAULT_BATCHED_TOKENS
    if not memory_fact("batches-in-flight-keep-their-blocks", settings.version):
        return batched
    asynchronous = settings.options.get("--async-scheduling") != "false"
    return batched * (settings.pipeline_parallel_size + (1 if asynchronous else 0))


def _state_blocks(settings: EngineSettings, tokens: int, block: int) -> int:
    """Return the blocks of one recurrent layer: one, two where prefixes are cached, and those of drafted tokens."""
    mode = settings.options.get("--mamba-cache-mode")
    if mode == "all":
        return max(1, math.ceil(tokens / block)) + _drafted_tokens(settings)
    caches_prefixes = mode != "none" and settings.options.get("--enable-prefix-caching") != "false"
    return (2 if caches_prefixes else 1) + _drafted_tokens(settings)


def _drafted_tokens(settings: EngineSettings) -> int:
    """Return the tokens that speculative decoding drafts; 0 without it, or where it does not say."""
    try:
        speculation = json.loads(settings.options.get("--speculative-config", "{}"))
    except (ValueError, RecursionError):
        return 0
    value = speculation.get("num_speculative_tokens", 0) if isinstance(speculation, dict) else 0
    return value if isinstance(value, int) and value > 0 else 0
