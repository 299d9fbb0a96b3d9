"""Facts that depend on an engine's version, with the range and the source of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypedDict

from packaging.version import Version


class RangeRecord(TypedDict):
    """A range of versions in a data file."""

    since: str | None
    until: str | None
    value: bool | float


class FactRecord(TypedDict):
    """A fact in a data file."""

    name: str
    meaning: str
    source: str
    ranges: list[RangeRecord]


@dataclass(frozen=True, slots=True)
class FactRange:
    """A value and the versions it was read in; None leaves an end open."""

    since: Version | None
    until: Version | None
    value: bool | float

    def holds_for(self, version: Version) -> bool:
        """Whether the version lies in the range."""
        return (self.since is None or version >= self.since) and (self.until is None or version <= self.until)


@dataclass(frozen=True, slots=True)
class VersionFact:
    """One fact: what it means, where it was read, and its value by version."""

    name: str
    meaning: str
    source: str
    ranges: tuple[FactRange, ...]

    def value(self, version: Version | None) -> bool | float | None:
        """Return the value for a version, None when it is not known.

        A version in the gap between two releases that were read is not known, nor is a version of None unless the
        fact is the same in every version.
        """
        if version is not None:
            return next((known.value for known in self.ranges if known.holds_for(version)), None)
        values = {known.value for known in self.ranges}
        covers_all = self.ranges[0].since is None and self.ranges[-1].until is None
        return values.pop() if len(values) == 1 and covers_all else None


def read_facts(records: Sequence[FactRecord]) -> Mapping[str, VersionFact]:
    """Return the facts of a data file by name."""
    return MappingProxyType({record["name"]: _fact(record) for record in records})


def _fact(record: FactRecord) -> VersionFact:
    return VersionFact(
        name=record["name"],
        meaning=record["meaning"],
        source=record["source"],
        ranges=tuple(
            FactRange(_version(known["since"]), _version(known["until"]), known["value"])
            for known in record["ranges"]
        ),
    )


def _version(text: str | None) -> Version | None:
    return None if text is None else Version(text)
