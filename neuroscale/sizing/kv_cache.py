"""The KV cache that requests occupy."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from neuroscale.architecture.model import AttentionGroup, AttentionKind, ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.sizing.bounds import ZERO_BYTES, ByteBounds
from neuroscale.sizing.cache_reservation import MOST_INDEXER_BYTES, LayerKey, reserved_bytes
from neuroscale.sizing.compressed_reservation import packed_bytes
from neuroscale.sizing.rank_layout import rank_layout
from neuroscale.sizing.stated_counts import stated_count
from neuroscale.sizing.token_pool import pooled_bytes

# Two blocks of state when prefixes are cached, each rounded up to a cache page of the attention layers.
_STATE_BLOCKS, _STATE_PADDING = 2, 1.5
_WIDEST_STATE_ELEMENT_BYTES = 4
_DEFAULT_BLOCK_TOKENS = 16
_DEFAULT_BATCHED_TOKENS = 16384
# Keys of an indexer in 4 bits.
_LEAST_INDEXER_BYTES = 0.5
GROWING_KINDS = frozenset({"full", "latent"})
_WINDOWED_KINDS = frozenset({"sliding", "chunked"})


@dataclass(frozen=True, slots=True)
class LayerKindRequest:
    """What the layers of one kind and window keep of one request on one accelerator.

    Attributes:
        kind: What the layers keep.
        window_tokens: As in AttentionGroup; None when there is no window.
        layers: Layers of the kind in the whole model, of which a pipeline stage holds its share.
        bytes_per_request: Keys, values and states of the request in the layers that the accelerator holds.
    """

    kind: AttentionKind
    window_tokens: int | None
    layers: int
    bytes_per_request: ByteBounds


@dataclass(frozen=True, slots=True)
class ElementBytes:
    """Bytes of one cached element: the least possible and the most to expect."""

    least: float
    most: float


# Source: vLLM 0.33.0, CacheDType; SGLang 0.5.9 and 0.5.23, `--kv-cache-dtype`, whose 4 bits have scales. The ds_mla
# layouts keep the rope part in 16 bits: 656 bytes for 576 elements.
_ELEMENT_BYTES = {
    "float16": ElementBytes(2, 2),
    "half": ElementBytes(2, 2),
    "bfloat16": ElementBytes(2, 2),
    "bf16": ElementBytes(2, 2),
    "fp8": ElementBytes(1, 1),
    "fp8_e4m3": ElementBytes(1, 1),
    "fp8_e5m2": ElementBytes(1, 1),
    "fp8_inc": ElementBytes(1, 1),
    "fp8_ds_mla": ElementBytes(1, 656 / 576),
    "int8_per_token_head": ElementBytes(1, 1.0625),
    "fp8_per_token_head": ElementBytes(1, 1.0625),
    "nvfp4": ElementBytes(0.5, 0.5625),
    "fp4_e2m1": ElementBytes(0.5, 0.5625),
    "fp4_mx_block16": ElementBytes(0.5, 0.5625),
    "mxfp8": ElementBytes(1, 1.03125),
}
_SMALLEST_ELEMENT_BYTES = 0.25
_FOUR_BIT_BYTES = 0.5


def kv_cache_bytes_per_token(architecture: ModelArchitecture, bytes_per_element: int = 2) -> int | None:
    """Return the cache of one token in all layers that keep every token, one copy; None when it cannot be told.

    Layers x KV heads x (key + value elements) x bytes; for latent attention the one latent row, and of an entry
    that stands for several tokens each token's part. Keys of a sparse-attention indexer, which have a type of their
    own, are not in it.
    """
    if architecture.attention is None or not architecture.attention.groups:
        return None
    return sum(
        cached_bytes_per_token(group, bytes_per_element)
        for group in architecture.attention.groups
        if group.kind in GROWING_KINDS
    )


def cached_bytes_per_token(group: AttentionGroup, bytes_per_element: int) -> int:
    """Return keys and values of one token in all layers of a group, whether or not they keep every token."""
    return group.layers * group.kv_heads * _elements(group) * bytes_per_element // group.tokens_per_entry


def state_bytes_per_sequence(architecture: ModelArchitecture) -> ByteBounds | None:
    """Return the constant state of one sequence in all recurrent layers, one copy; None when it cannot be told.

    At the least every element has 16 bits, but for what compressed attention keeps of incomplete entries, which has
    32; checkpoints and engines may keep the recurrence in 32.
    Source: vLLM 0.33.0, `mamba_cache_dtype`, `mamba_ssm_cache_dtype` and `CompressorStateCache`.
    """
    if architecture.attention is None or not architecture.attention.groups:
        return None
    return sum((group_state_bytes(group) for group in architecture.attention.groups), ZERO_BYTES)


def group_state_bytes(group: AttentionGroup) -> ByteBounds:
    """Return the constant state of one sequence in all layers of a group, one copy."""
    most = 2 * group.convolution_state_elements + 4 * group.recurrent_state_elements
    return ByteBounds(group.layers * _least_state_bytes(group), group.layers * most)


def kv_cache_bytes_per_request(
    architecture: ModelArchitecture, settings: EngineSettings, tokens: int
) -> ByteBounds | None:
    """Return what one request of `tokens` occupies on the fullest accelerator, None when attention is not known.

    KV heads are divided by TP down to one, so GQA is replicated beyond its heads and latent attention is copied on
    every TP rank; in SGLang TP is what the copies of the attention leave of it. PP divides the layers; context
    parallelism divides the tokens. The optimistic bound is what the
    request's tokens fill: windows of sliding layers, one state of recurrent ones, no padding. The pessimistic bound
    is what the engine sets aside before it admits the request; see `reserved_bytes`. The rows that latent attention
    keeps of incomplete entries are whole on every TP rank.

    Args:
        architecture: The model.
        settings: Parallel sizes, cache type and scheduler limits.
        tokens: Prompt and output together.

    Source: vLLM 0.33.0, `kv_cache_interface` (FullAttentionSpec, MLAAttentionSpec, SlidingWindowSpec, MambaSpec);
    `CompressorStateCache` of models/deepseek_v4 (SlidingWindowMLASpec of at most one TP shard) and
    `Glm5NextTailCache` of models/glm5next.
    """
    kinds = request_cache_by_layer_kind(architecture, settings, tokens)
    return None if kinds is None else sum((kind.bytes_per_request for kind in kinds), ZERO_BYTES)


def request_cache_by_layer_kind(
    architecture: ModelArchitecture, settings: EngineSettings, tokens: int
) -> tuple[LayerKindRequest, ...] | None:
    """Return what one request of `tokens` occupies on the fullest accelerator, by kind of layer.

    In the model's order; together exactly what `kv_cache_bytes_per_request` returns, and None when it is.
    """
    attention = architecture.attention
    if attention is None or not attention.groups:
        return None
    element = cache_element_bytes(architecture, settings)
    most_ranks = rank_layout(architecture, settings).attention.most
    least: dict[LayerKey, float] = {}
    most: dict[LayerKey, int] = {}
    layers: dict[LayerKey, int] = {}
    for group in attention.groups:
        key = group.kind, group.window_tokens
        layers[key] = layers.get(key, 0) + group.layers
        least[key] = least.get(key, 0.0) + _least_group_bytes(group, settings, tokens, element, most_ranks)
    if settings.engine == "sglang":
        most.update(pooled_bytes(attention.groups, settings, tokens, element.most))
        return _by_kind(layers, least, most)
    packed = packed_bytes(attention.groups, settings, tokens, element.most)
    if packed is not None:
        most.update(packed)
    elif any(_is_compressed(group) for group in attention.groups):
        for group in attention.groups:
            key = group.kind, group.window_tokens
            most[key] = most.get(key, 0) + _most_group_bytes(group, settings, tokens, element)
    else:
        most.update(reserved_bytes(attention.groups, settings, tokens, element.most))
    return _by_kind(layers, least, most)


def _by_kind(
    layers: Mapping[LayerKey, int], least: Mapping[LayerKey, float], most: Mapping[LayerKey, int]
) -> tuple[LayerKindRequest, ...]:
    return tuple(
        LayerKindRequest(*key, layers[key], ByteBounds(math.floor(least[key]), most.get(key, 0))) for key in layers
    )


def kv_cache_bytes_per_further_request(
    architecture: ModelArchitecture, settings: EngineSettings, tokens: int
) -> ByteBounds | None:
    """Return what one request more occupies once the batch in flight is reserved; None as above.

    The tokens batched in one step are shared by all requests, so a sliding layer keeps the window of each further
    request and no more.
    """
    alone = replace(settings, options={**settings.options, "--max-num-batched-tokens": "1"})
    return kv_cache_bytes_per_request(architecture, alone, tokens)


def _is_compressed(group: AttentionGroup) -> bool:
    """Whether attention keeps entries of several tokens, or whole tokens and rows beside its latent entries."""
    return group.tokens_per_entry > 1 or (
        group.kind == "latent" and (group.window_tokens is not None or _state_elements(group) > 0)
    )


def _least_group_bytes(
    group: AttentionGroup, settings: EngineSettings, tokens: int, element: ElementBytes, tensor: int
) -> float:
    heads = max(1.0, group.kv_heads / tensor) if group.kv_heads else 0.0
    kept = min(tokens, group.window_tokens or tokens) if group.kind in _WINDOWED_KINDS else tokens
    ranks = settings.decode_context_parallel_size * settings.prefill_context_parallel_size
    ranks *= settings.attention_context_parallel_size
    entry = heads * _elements(group) * element.least
    if group.indexer_elements_per_token:
        on_device = 0 if _keeps_entries_on_host(settings) else entry
        entry = on_device + group.indexer_elements_per_token * _LEAST_INDEXER_BYTES
    copies = 1 if group.kind == "latent" else tensor
    state = _least_state_bytes(group) / copies * _least_state_share(group, tokens)
    return group.layers / settings.pipeline_parallel_size * (entry * kept / ranks / group.tokens_per_entry + state)


def _most_group_bytes(group: AttentionGroup, settings: EngineSettings, tokens: int, element: ElementBytes) -> int:
    """Return what a group of a model with compressed attention reserves, its own blocks rounded up."""
    tensor = settings.tensor_parallel_size
    heads = math.ceil(group.kv_heads / tensor)
    entry = heads * _elements(group) * element.most + group.indexer_elements_per_token * MOST_INDEXER_BYTES
    copies = 1 if group.kind == "latent" else tensor
    state = _state_elements(group) / copies * _WIDEST_STATE_ELEMENT_BYTES * _STATE_BLOCKS * _STATE_PADDING
    layers = math.ceil(group.layers / settings.pipeline_parallel_size)
    return math.ceil(layers * (entry * _most_entries(group, settings, tokens) + state))


def _keeps_entries_on_host(settings: EngineSettings) -> bool:
    """Whether the entries that an indexer chooses from may stay in host memory, with the chosen ones on the device.

    Source: vLLM 0.30.0 and newer, `HiSparseConfig` and `HiSparseConnector`; SGLang, `--enable-hisparse`.
    """
    return any(
        "hisparse" in f"{name} {value}".lower()
        for name, value in settings.options.items()
        if name.startswith(("--attention-config", "--kv-transfer-config", "--enable-hisparse", "--hisparse-config"))
    )


def _state_elements(group: AttentionGroup) -> int:
    return group.convolution_state_elements + group.recurrent_state_elements


def _least_state_bytes(group: AttentionGroup) -> int:
    recurrent = 4 if group.kind == "latent" else 2
    return 2 * group.convolution_state_elements + recurrent * group.recurrent_state_elements


def _least_state_share(group: AttentionGroup, tokens: int) -> float:
    """Share of the state that a request fills at the least: latent attention keeps the rows of two runs at most."""
    return min(1.0, tokens / (2 * group.tokens_per_entry)) if group.kind == "latent" else 1.0


def _elements(group: AttentionGroup) -> int:
    return group.key_elements_per_token + group.value_elements_per_token


def _most_entries(group: AttentionGroup, settings: EngineSettings, tokens: int) -> int:
    """Return the entries that a layer of the group keeps on one accelerator, with whole blocks."""
    ranks = settings.decode_context_parallel_size * settings.prefill_context_parallel_size
    block = stated_count(settings, "--block-size") or _DEFAULT_BLOCK_TOKENS
    kept = tokens
    if group.kind in _WINDOWED_KINDS and group.window_tokens is not None:
        batched = stated_count(settings, "--max-num-batched-tokens") or _DEFAULT_BATCHED_TOKENS
        kept = min(tokens, group.window_tokens - 1 + batched) + block
    entries = math.ceil(math.ceil(math.ceil(kept / ranks) / block) * block / group.tokens_per_entry)
    if group.kind in GROWING_KINDS and group.window_tokens is not None:
        # Compressed attention keeps its newest tokens whole as well.
        return entries + math.ceil(min(tokens, group.window_tokens) / block) * block
    return entries


def cache_element_bytes(architecture: ModelArchitecture, settings: EngineSettings) -> ElementBytes:
    """Return the bytes of a cached element under `--kv-cache-dtype`; `auto` follows checkpoint, then model."""
    name = settings.kv_cache_data_type
    model_bytes = 4 if settings.data_type in {"float32", "float"} else 2
    if name in {None, "auto"}:
        declared = None if architecture.quantization is None else architecture.quantization.kv_cache_type
        if declared is None and _may_choose_8_bits(architecture, settings):
            return ElementBytes(1, model_bytes)
        if declared is None:
            return ElementBytes(model_bytes, model_bytes)
        return ElementBytes(_FOUR_BIT_BYTES if "4" in declared.removesuffix("_e4m3") else 1, model_bytes)
    return _ELEMENT_BYTES.get(name or "", ElementBytes(_SMALLEST_ELEMENT_BYTES, model_bytes))


def _may_choose_8_bits(architecture: ModelArchitecture, settings: EngineSettings) -> bool:
    """Whether `auto` may mean 8 bits on some devices: SGLang, where an indexer chooses, or entries are compressed.

    Source: SGLang 0.5.9 to 0.5.23, "Setting KV cache dtype to ... for DeepSeek DSA".
    """
    groups = () if architecture.attention is None else architecture.attention.groups
    return settings.engine == "sglang" and any(
        group.indexer_elements_per_token or group.tokens_per_entry > 1 for group in groups
    )
