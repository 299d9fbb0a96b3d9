"""The KV cache that requests occupy."""

import math
from dataclasses import dataclass, replace

from neuroscale.architecture.model import AttentionGroup, ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.values import read_human_readable_integer
from neuroscale.sizing.bounds import ZERO_BYTES, ByteBounds

# Elements kept per sequence and layer, per element of the hidden size: two expanded inner widths times a state of
# 128 (Mamba-2 of Nemotron-H: 2 x 4096 x 128; gated delta net of Qwen3-Next: 32 heads x 128 x 128 = 2 x 2048 x 128).
_STATE_ELEMENTS_PER_HIDDEN_ELEMENT = 256
_STATE_BYTES_PER_ELEMENT = 4
# Convolution state and the rounding of a state to whole cache pages.
_STATE_PADDING = 2
_DEFAULT_BLOCK_TOKENS = 16
_DEFAULT_BATCHED_TOKENS = 16384
_INDEX_HEAD_BYTES_PER_TOKEN = 132
_SPARSE_ATTENTION_CLASSES = frozenset({"DeepseekV32ForCausalLM", "GlmMoeDsaForCausalLM"})
_GROWING_KINDS = frozenset({"full", "latent"})
_WINDOWED_KINDS = frozenset({"sliding", "chunked"})
_STATE_KINDS = frozenset({"linear", "state-space"})


@dataclass(frozen=True, slots=True)
class _ElementBytes:
    """Bytes of one cached element: the least possible and the most to expect."""

    least: float
    most: float


# Source: vLLM 0.33.0, CacheDType. The ds_mla layouts keep the rope part in 16 bits: 656 bytes for 576 elements.
_ELEMENT_BYTES = {
    "float16": _ElementBytes(2, 2),
    "half": _ElementBytes(2, 2),
    "bfloat16": _ElementBytes(2, 2),
    "fp8": _ElementBytes(1, 1),
    "fp8_e4m3": _ElementBytes(1, 1),
    "fp8_e5m2": _ElementBytes(1, 1),
    "fp8_inc": _ElementBytes(1, 1),
    "fp8_ds_mla": _ElementBytes(1, 656 / 576),
    "int8_per_token_head": _ElementBytes(1, 1.0625),
    "fp8_per_token_head": _ElementBytes(1, 1.0625),
    "nvfp4": _ElementBytes(0.5, 0.5625),
}
_SMALLEST_ELEMENT_BYTES = 0.25


def kv_cache_bytes_per_token(architecture: ModelArchitecture, bytes_per_element: int = 2) -> int | None:
    """Return the cache of one token in all layers that keep every token, one copy; None when it cannot be told.

    Layers x KV heads x (key + value elements) x bytes; for latent attention the one latent row.
    """
    if architecture.attention is None or not architecture.attention.groups:
        return None
    return sum(
        group.layers * group.kv_heads * _elements(group) * bytes_per_element
        for group in architecture.attention.groups
        if group.kind in _GROWING_KINDS
    )


def kv_cache_bytes_per_request(
    architecture: ModelArchitecture, settings: EngineSettings, tokens: int
) -> ByteBounds | None:
    """Return what one request of `tokens` occupies on the fullest accelerator, None when attention is not known.

    KV heads are divided by TP down to one, so GQA is replicated beyond its heads and latent attention is copied on
    every TP rank; PP divides the layers; context parallelism divides the tokens. Sliding layers keep the window:
    the engine admits a request only when window - 1 + the batched tokens, and one block more, are free, which is
    the pessimistic bound. Linear and state-space layers keep a constant state, estimated in the pessimistic bound
    only.

    Args:
        architecture: The model.
        settings: Parallel sizes, cache type and scheduler limits.
        tokens: Prompt and output together.

    Source: vLLM 0.33.0, `kv_cache_interface` (FullAttentionSpec, MLAAttentionSpec, SlidingWindowSpec).
    """
    attention = architecture.attention
    if attention is None or not attention.groups:
        return None
    total = ZERO_BYTES
    for group in attention.groups:
        total = total + _group_bytes(group, architecture, settings, tokens)
    return total


def kv_cache_bytes_per_further_request(
    architecture: ModelArchitecture, settings: EngineSettings, tokens: int
) -> ByteBounds | None:
    """Return what one request more occupies once the batch in flight is reserved; None as above.

    The tokens batched in one step are shared by all requests, so a sliding layer keeps the window of each further
    request and no more.
    """
    alone = replace(settings, options={**settings.options, "--max-num-batched-tokens": "1"})
    return kv_cache_bytes_per_request(architecture, alone, tokens)


def _group_bytes(
    group: AttentionGroup, architecture: ModelArchitecture, settings: EngineSettings, tokens: int
) -> ByteBounds:
    least_layers = group.layers / settings.pipeline_parallel_size
    most_layers = math.ceil(least_layers)
    if group.kind in _STATE_KINDS:
        return ByteBounds(0, most_layers * _state_bytes(architecture, settings))
    heads = max(1, group.kv_heads // settings.tensor_parallel_size) if group.kv_heads else 0
    least_heads = max(1.0, group.kv_heads / settings.tensor_parallel_size) if group.kv_heads else 0.0
    least_tokens, most_tokens = _kept_tokens(group, settings, tokens)
    element = _element_bytes(architecture, settings)
    index_bytes = (
        _INDEX_HEAD_BYTES_PER_TOKEN
        if group.kind == "latent" and _SPARSE_ATTENTION_CLASSES & set(architecture.class_names)
        else 0
    )
    return ByteBounds(
        math.floor(least_layers * least_heads * _elements(group) * element.least * least_tokens),
        math.ceil(most_layers * (heads * _elements(group) * element.most + index_bytes) * most_tokens),
    )


def _elements(group: AttentionGroup) -> int:
    return group.key_elements_per_token + group.value_elements_per_token


def _kept_tokens(group: AttentionGroup, settings: EngineSettings, tokens: int) -> tuple[float, int]:
    """Tokens that a layer of the group keeps on one accelerator: the least, and the most with whole blocks."""
    ranks = settings.decode_context_parallel_size * settings.prefill_context_parallel_size
    block = _integer_option(settings, "--block-size") or _DEFAULT_BLOCK_TOKENS
    least, most = tokens, tokens
    if group.kind in _WINDOWED_KINDS and group.window_tokens is not None:
        least = min(tokens, group.window_tokens)
        if settings.options.get("--disable-hybrid-kv-cache-manager") != "true":
            batched = _integer_option(settings, "--max-num-batched-tokens") or _DEFAULT_BATCHED_TOKENS
            most = min(tokens, group.window_tokens - 1 + batched) + block
    return least / ranks, math.ceil(math.ceil(most / ranks) / block) * block


def _state_bytes(architecture: ModelArchitecture, settings: EngineSettings) -> int:
    """State of one sequence in one linear or state-space layer, as an estimate from above."""
    if architecture.hidden_size is None:
        return 0
    elements = _STATE_ELEMENTS_PER_HIDDEN_ELEMENT * architecture.hidden_size / settings.tensor_parallel_size
    return math.ceil(elements * _STATE_BYTES_PER_ELEMENT * _STATE_PADDING)


def _element_bytes(architecture: ModelArchitecture, settings: EngineSettings) -> _ElementBytes:
    """Bytes of one cached element under `--kv-cache-dtype`; `auto` follows the checkpoint, then the model."""
    name = settings.kv_cache_data_type
    model_bytes = 4 if settings.data_type in {"float32", "float"} else 2
    if name in {None, "auto"}:
        declares_type = (
            architecture.quantization is not None and architecture.quantization.kv_cache_type is not None
        )
        return _ElementBytes(1 if declares_type else model_bytes, model_bytes)
    return _ELEMENT_BYTES.get(name or "", _ElementBytes(_SMALLEST_ELEMENT_BYTES, model_bytes))


def _integer_option(settings: EngineSettings, name: str) -> int | None:
    value = read_human_readable_integer(settings.options.get(name, ""))
    return value if value is not None and value > 0 else None
