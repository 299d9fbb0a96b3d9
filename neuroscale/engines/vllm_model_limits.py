"""What vLLM cannot do with some models, from a data file read from its releases."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, TypedDict, get_args

from packaging.version import Version

_Limit = Literal[
    "without_pipeline_parallelism",
    "without_more_ranks_than_experts",
    "without_float16",
    "with_divided_vision_tower",
    "with_vision_tower_kept_whole_on_request",
]


class _Record(TypedDict):
    name: str
    since: str | None
    until: str | None


@dataclass(frozen=True, slots=True)
class LimitedVersions:
    """The versions that were read in which a model has a limit; None leaves an end open."""

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
    return _is_limited("without_pipeline_parallelism", name, version)


def needs_an_expert_per_rank(name: str, version: Version | None) -> bool:
    """Whether a version certainly has the class and refuses more tensor parallel ranks than routed experts.

    For an unknown version, whether the newest that was read does.

    Args:
        name: The class as a configuration's `architectures` names it.
        version: The engine's version.
    """
    return _is_limited("without_more_ranks_than_experts", name, version)


def refuses_float16(model_type: str, version: Version | None) -> bool:
    """Whether a version certainly refuses to compute this type of model in float16.

    For an unknown version, whether the newest that was read does.

    Args:
        model_type: The outermost `model_type` of the configuration.
        version: The engine's version.
    """
    return _is_limited("without_float16", model_type, version)


def divides_vision_tower(name: str, version: Version | None) -> bool:
    """Whether a version certainly has the class and cuts its vision tower over the ranks of tensor parallelism.

    For an unknown version, whether the newest that was read does.

    Args:
        name: The class as a configuration's `architectures` names it.
        version: The engine's version.
    """
    return _is_limited("with_divided_vision_tower", name, version)


def may_keep_vision_tower_whole(name: str, version: Version | None) -> bool:
    """Whether a version certainly keeps the vision tower of the class whole with `--mm-encoder-tp-mode data`.

    For an unknown version, whether the newest that was read does.

    Args:
        name: The class as a configuration's `architectures` names it.
        version: The engine's version.
    """
    return _is_limited("with_vision_tower_kept_whole_on_request", name, version)


def _is_limited(limit: _Limit, name: str, version: Version | None) -> bool:
    ranges = _limits()[limit].get(name, ())
    if version is None:
        return any(known.until is None for known in ranges)
    return any(known.holds_for(version) for known in ranges)


@cache
def _limits() -> Mapping[_Limit, Mapping[str, tuple[LimitedVersions, ...]]]:
    text = (files("neuroscale.engines") / "data" / "vllm_model_limits.json").read_text(encoding="utf-8")
    document = json.loads(text)
    return MappingProxyType({limit: _ranges(document[limit]) for limit in get_args(_Limit)})


def _ranges(records: Sequence[_Record]) -> Mapping[str, tuple[LimitedVersions, ...]]:
    ranges: dict[str, tuple[LimitedVersions, ...]] = {}
    for record in records:
        known = LimitedVersions(_version(record["since"]), _version(record["until"]))
        ranges[record["name"]] = (*ranges.get(record["name"], ()), known)
    return MappingProxyType(ranges)


def _version(text: str | None) -> Version | None:
    return None if text is None else Version(text)
