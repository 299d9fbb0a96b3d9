"""What vLLM's model classes cannot do, from a data file read from the classes of its releases."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TypedDict, cast

from packaging.version import Version


class _Record(TypedDict):
    name: str
    since: str | None
    until: str | None


@dataclass(frozen=True, slots=True)
class LimitedVersions:
    """The versions that were read in which a class has a limit; None leaves an end open."""

    since: Version | None
    until: Version | None

    def holds_for(self, version: Version) -> bool:
        """Whether the version lies in the range."""
        return (self.since is None or version >= self.since) and (self.until is None or version <= self.until)


def lacks_pipeline_parallelism(name: str, version: Version | None) -> bool:
    """Whether a version certainly has the class and cannot cut it into pipeline stages.

    For an unknown version, whether the newest that was read cannot.

    Args:
        name: The class as a configuration's `architectures` names it.
        version: The engine's version.
    """
    ranges = _without_pipeline_parallelism().get(name, ())
    if version is None:
        return any(known.until is None for known in ranges)
    return any(known.holds_for(version) for known in ranges)


@cache
def _without_pipeline_parallelism() -> Mapping[str, tuple[LimitedVersions, ...]]:
    text = (files("neuroscale.engines") / "data" / "vllm_model_limits.json").read_text(encoding="utf-8")
    ranges: dict[str, tuple[LimitedVersions, ...]] = {}
    for record in cast("list[_Record]", json.loads(text)["without_pipeline_parallelism"]):
        known = LimitedVersions(_version(record["since"]), _version(record["until"]))
        ranges[record["name"]] = (*ranges.get(record["name"], ()), known)
    return MappingProxyType(ranges)


def _version(text: str | None) -> Version | None:
    return None if text is None else Version(text)
