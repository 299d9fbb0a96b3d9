"""What depends on the version of vLLM, from a data file in which every fact has its source and version range."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, Protocol, TypedDict, cast

from packaging.version import Version

from neuroscale.engines.version_facts import FactRecord, VersionFact, read_facts

FactName = Literal[
    "default-gpu-memory-utilization",
    "yarn-factor-multiplies-context",
    "cuda-graphs-charged-to-budget",
    "fp8-block-shard-must-be-whole-blocks",
    "merged-columns-need-whole-fp8-blocks",
    "deepseek-v4-shared-experts-need-whole-fp8-blocks",
    "quantization-fp8-converts-online",
    "auto-data-type-falls-back",
    "gguf-loader-built-in",
    "dense-model-refuses-external-data-parallel",
    "dynamic-per-tensor-fp8-breaks-data-parallel-moe",
    "wna16-group-size-checked",
    "mamba2-quantised-single-group-takes-one-rank",
    "kv-cache-type-must-match-data-type",
    "nvfp4-kv-cache-refuses-latent-attention",
    "kv-cache-type-chooses-attention-backend",
    "all2all-backend-variable-read",
    "ray-taken-where-devices-are-too-few",
    "api-server-ignores-one-positional",
    "serve-accepts-model-option",
    "served-name-needs-model-first",
    "config-file-options-come-first",
    "config-file-switches-off",
    "config-file-takes-lists",
    "config-file-takes-mappings",
]


class _Document(TypedDict):
    newest_read: str
    facts: list[FactRecord]


# Rope types whose factor never lengthens the derived maximum.
_UNSCALED_ROPE_TYPES = frozenset({"su", "longrope", "llama3"})
_YARN_ROPE_TYPES = frozenset({"yarn", "deepseek_yarn", "deepseek_llama_scaling"})


class StatedContext(Protocol):
    """The context facts of a model that the engine derives its maximum from; see `architecture.ContextLength`."""

    @property
    def original_tokens(self) -> int:
        """Positions the configuration states."""
        ...

    @property
    def rope_type(self) -> str | None:
        """Rope scaling type, lower case."""
        ...

    @property
    def rope_factor(self) -> float:
        """Factor of the scaling."""
        ...

    @property
    def rope_original_tokens(self) -> int | None:
        """Positions before the scaling, as the scaling states them."""
        ...


class ModelWithContext(Protocol):
    """A model whose maximum context is asked for; a ModelArchitecture is one."""

    @property
    def model_type(self) -> str:
        """The `model_type` of the configuration."""
        ...

    @property
    def context(self) -> StatedContext | None:
        """What the configuration states about its context."""
        ...


def version_fact(name: FactName) -> VersionFact:
    """Return a fact with its source, for a rule that cites it."""
    return _facts()[name]


def fact_holds(name: FactName, version: Version | None) -> bool | None:
    """Return whether a fact holds for a version; None when that is not known.

    A version in the gap between two wheels that were read is not known, nor is a version of None unless the fact
    is the same in every version.
    """
    value = _facts()[name].value(version)
    return None if value is None else bool(value)


def default_gpu_memory_utilization(version: Version | None) -> float:
    """Return the share of device memory taken by default: 0.9 up to 0.19, 0.92 from 0.20.

    For an unknown version the larger share, so that a budget is never underestimated.
    """
    value = _facts()["default-gpu-memory-utilization"].value(version)
    return 0.92 if value is None else float(value)


def derived_maximum_tokens(architecture: ModelWithContext, version: Version | None) -> int | None:
    """Return the longest context that the engine derives from the model, None when the model states none.

    The stated maximum times the rope factor, except for rope types that are already scaled (su, longrope, llama3),
    for Gemma 3, and from 0.30 for YaRN. For an unknown version the largest that any version derives.

    Source: vLLM 0.10.2 to 0.33.0, `_get_and_verify_max_len`. `model_max_length` of tokenizer_config.json, which
    can lower it further, is not part of config.json.
    """
    context = architecture.context
    if context is None:
        return None
    stated = context.original_tokens
    rope_type = context.rope_type
    if rope_type is None or rope_type in _UNSCALED_ROPE_TYPES or "gemma3" in architecture.model_type:
        return stated
    if rope_type not in _YARN_ROPE_TYPES:
        return int(stated * context.rope_factor)
    start = context.rope_original_tokens if rope_type == "yarn" and context.rope_original_tokens else stated
    multiplied = int(start * context.rope_factor)
    multiplies = fact_holds("yarn-factor-multiplies-context", version)
    if multiplies is None:
        return max(stated, multiplied)
    return multiplied if multiplies else stated


@cache
def _facts() -> Mapping[str, VersionFact]:
    return read_facts(_document()["facts"])


@cache
def _document() -> _Document:
    text = (files("neuroscale.engines") / "data" / "vllm_facts.json").read_text(encoding="utf-8")
    return cast("_Document", json.loads(text))
