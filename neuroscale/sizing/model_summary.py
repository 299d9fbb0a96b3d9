"""What a model is and what it takes, as plain JSON: what `neuroscale inspect` and `inspect-model` answer."""

from dataclasses import asdict
from typing import Any

from packaging.version import Version

from neuroscale.architecture.model import ContextLength, ModelArchitecture
from neuroscale.architecture.summary import architecture_as_json
from neuroscale.engines.vllm_facts import derived_maximum_tokens
from neuroscale.sizing.bounds import ZERO_BYTES, ByteBounds
from neuroscale.sizing.cache_per_token import LayerKindCache, cache_by_layer_kind
from neuroscale.sizing.checkpoint import checkpoint_bytes_by_component, draft_layer_bytes

# The newest version of vLLM that was read: the context that it derives is the one that is told.
DERIVING_VERSION = Version("0.33.0")


def model_as_json(architecture: ModelArchitecture) -> dict[str, Any]:
    """Return the facts of `architecture_as_json` with what the weights, the KV cache and the context amount to.

    Bytes that the configuration settles have equal bounds; `least` and `most` differ where something is open.
    """
    return architecture_as_json(architecture) | {
        "context": _context(architecture),
        "stored_weight_bytes": _stored_weights(architecture),
        "kv_cache": _kv_cache(architecture),
    }


def maximum_context_tokens(architecture: ModelArchitecture) -> int | None:
    """Return the longest context that vLLM derives, of the version DERIVING_VERSION; None when none is stated."""
    return derived_maximum_tokens(architecture, DERIVING_VERSION)


def context_derivation(architecture: ModelArchitecture) -> str | None:
    """Return in words where the maximum context comes from; None when none is stated."""
    context, maximum = architecture.context, maximum_context_tokens(architecture)
    if context is None or maximum is None:
        return None
    origin = _origin(context)
    if context.rope_type is None:
        return f"{origin}, without rope scaling"
    if maximum == context.original_tokens:
        return f"{origin}, which holds the rope scaling ({context.rope_type}) already"
    factor = f"the factor {context.rope_factor:g} of the rope scaling ({context.rope_type})"
    return f"{origin}, times {factor}, as vLLM {DERIVING_VERSION} derives it"


def _origin(context: ContextLength) -> str:
    if context.stated_in is None:
        return f"{context.original_tokens} of the class of the model"
    return f"{context.original_tokens} of {context.stated_in}"


def _context(architecture: ModelArchitecture) -> dict[str, Any] | None:
    if architecture.context is None:
        return None
    return asdict(architecture.context) | {
        "maximum_tokens": maximum_context_tokens(architecture),
        "derivation": context_derivation(architecture),
    }


def _stored_weights(architecture: ModelArchitecture) -> dict[str, Any] | None:
    components = checkpoint_bytes_by_component(architecture)
    if components is None:
        return None
    drafting = draft_layer_bytes(architecture)
    return {
        "total": _bounds(sum(components.values(), ZERO_BYTES)),
        "by_component": {name: _bounds(amount) for name, amount in components.items()},
        "multi_token_prediction": None if drafting is None else _bounds(drafting),
    }


def _kv_cache(architecture: ModelArchitecture) -> dict[str, Any] | None:
    kinds = cache_by_layer_kind(architecture)
    if kinds is None:
        return None
    growing = [kind for kind in kinds if kind.keeps_every_token]
    return {
        "bytes_per_token": sum(kind.bytes_per_token for kind in growing),
        "fp8_bytes_per_token": sum(kind.fp8_bytes_per_token for kind in growing),
        "indexer_bytes_per_token": sum(kind.indexer_bytes_per_token for kind in growing),
        "bytes_per_token_within_windows": sum(kind.bytes_per_token for kind in kinds),
        "state_bytes_per_sequence": _bounds(sum((kind.state_bytes_per_sequence for kind in kinds), ZERO_BYTES)),
        "by_layer_kind": [_layer_kind(kind) for kind in kinds],
    }


def _layer_kind(kind: LayerKindCache) -> dict[str, Any]:
    return asdict(kind) | {"state_bytes_per_sequence": _bounds(kind.state_bytes_per_sequence)}


def _bounds(amount: ByteBounds) -> dict[str, int]:
    return {"least": amount.optimistic_bytes, "most": amount.pessimistic_bytes}
