"""What vLLM's quantisation methods ask of the accelerator, and its types of the KV cache, from a data file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TypedDict, cast

from packaging.version import Version

ComputeCapability = tuple[int, int]


class _Record(TypedDict):
    method: str
    since: str | None
    until: str | None
    value: str


class _TypesRecord(TypedDict):
    since: str | None
    until: str | None
    types: list[str]


class _Document(TypedDict):
    minimum_compute_capability: list[_Record]
    kv_cache_types: list[_TypesRecord]


@dataclass(frozen=True, slots=True)
class CapabilityRange:
    """The least compute capability of a method and the versions it was read in; None leaves an end open."""

    since: Version | None
    until: Version | None
    least: ComputeCapability

    def holds_for(self, version: Version) -> bool:
        """Whether the version lies in the range."""
        return (self.since is None or version >= self.since) and (self.until is None or version <= self.until)


def minimum_compute_capability(method: str, version: Version | None) -> ComputeCapability | None:
    """Return the least compute capability that a quantisation method accepts, None when that is not known.

    For an unknown version the lowest of any version that was read: no version takes less.

    Args:
        method: vLLM's name of the method, e.g. "modelopt_fp4".
        version: The engine's version.
    """
    ranges = _ranges().get(method, ())
    if version is None:
        return min((known.least for known in ranges), default=None)
    return next((known.least for known in ranges if known.holds_for(version)), None)


def kv_cache_types(version: Version | None) -> tuple[str, ...] | None:
    """Return the names that `--kv-cache-dtype` takes where the parser takes any text, in the engine's order.

    None for a version whose parser knows the names, and for an unknown one.
    """
    if version is None:
        return None
    return next((types for since, types in _types() if since is None or version >= since), None)


@cache
def _types() -> tuple[tuple[Version | None, tuple[str, ...]], ...]:
    """Return the names by the first release that has them, the newest first."""
    records = [(_version(record["since"]), tuple(record["types"])) for record in _document()["kv_cache_types"]]
    return tuple(reversed(records))


@cache
def _document() -> _Document:
    text = (files("neuroscale.engines") / "data" / "vllm_quantization.json").read_text(encoding="utf-8")
    return cast("_Document", json.loads(text))


@cache
def _ranges() -> Mapping[str, tuple[CapabilityRange, ...]]:
    ranges: dict[str, tuple[CapabilityRange, ...]] = {}
    for record in _document()["minimum_compute_capability"]:
        major, _, minor = record["value"].partition(".")
        known = CapabilityRange(_version(record["since"]), _version(record["until"]), (int(major), int(minor)))
        ranges[record["method"]] = (*ranges.get(record["method"], ()), known)
    return MappingProxyType(ranges)


def _version(text: str | None) -> Version | None:
    return None if text is None else Version(text)
