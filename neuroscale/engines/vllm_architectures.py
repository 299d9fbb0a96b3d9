"""Which model classes a version of vLLM implements, from a data file read from its registries."""

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
    absent_until: str | None
    since: str | None
    until: str | None
    absent_from: str | None
    in_transformers: bool


@dataclass(frozen=True, slots=True)
class ImplementedClass:
    """A model class that some of the versions that were read implement and others do not.

    Attributes:
        name: The class as a configuration's `architectures` names it.
        absent_until: Last version read before it came; None if the first version has it.
        since: First version read that has it; None if the first version has it.
        until: Last version read that has it; None if the newest has it.
        absent_from: First version read after it went; None if the newest has it.
        in_transformers: Whether the Transformers library has the class, now or in the future of that version.
    """

    name: str
    absent_until: Version | None
    since: Version | None
    until: Version | None
    absent_from: Version | None
    in_transformers: bool

    def is_absent(self, version: Version) -> bool:
        """Whether a version certainly lacks the class; False between two versions that were read."""
        came_later = self.absent_until is not None and version <= self.absent_until
        went_before = self.absent_from is not None and version >= self.absent_from
        return came_later or went_before

    def is_missed(self, version: Version) -> bool:
        """Whether a version lacks the class and the Transformers library beside it cannot be expected to run it.

        What vLLM drops although Transformers has it, it leaves to that library.
        """
        was_dropped = self.absent_from is not None and version >= self.absent_from
        return self.is_absent(version) and not (was_dropped and self.in_transformers)


def implemented_class(name: str) -> ImplementedClass | None:
    """Return what is known about a class; None for one that every version has, and for one that none has."""
    return _classes().get(name)


@cache
def _classes() -> Mapping[str, ImplementedClass]:
    text = (files("neuroscale.engines") / "data" / "vllm_architectures.json").read_text(encoding="utf-8")
    records = cast("list[_Record]", json.loads(text)["classes"])
    return MappingProxyType({record["name"]: _class(record) for record in records})


def _class(record: _Record) -> ImplementedClass:
    return ImplementedClass(
        name=record["name"],
        absent_until=_version(record["absent_until"]),
        since=_version(record["since"]),
        until=_version(record["until"]),
        absent_from=_version(record["absent_from"]),
        in_transformers=record["in_transformers"],
    )


def _version(text: str | None) -> Version | None:
    return None if text is None else Version(text)
