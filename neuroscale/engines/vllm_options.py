"""The options of vLLM's command line, by version."""

import json
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice, takewhile
from typing import Literal, cast

from packaging.version import Version

from neuroscale.engines.settings import ProblemKind

# Switches that took "true" or "false" up to 0.8.4. Source: vLLM wheels 0.7.3, 0.8.4 and 0.8.5, EngineArgs.
_ONCE_TOOK_A_VALUE = frozenset(
    {"--disable-chunked-mm-input", "--enable-chunked-prefill", "--multi-step-stream-outputs"}
)

ValueCount = Literal["none", "one", "optional", "many"]
ValueKind = Literal[
    "text",
    "integer",
    "human-readable-integer",
    "human-readable-integer-or-auto",
    "number",
    "json",
    "json-object",
    "json-or-text",
]


@dataclass(frozen=True, slots=True)
class VllmOption:
    """One option of one version.

    Attributes:
        name: Canonical long spelling, e.g. "--tensor-parallel-size".
        spellings: Every accepted spelling that sets it, short forms included; not the negative ones.
        negative_spellings: Spellings that switch a boolean off.
        values: How many values follow it.
        value_kind: How the engine reads a value.
        choices: The only values accepted; empty when any text is.
        normalises_choices: Whether a choice may be written in upper case and with dashes.
        accepts_none: Whether an empty text or "None" unsets the option.
    """

    name: str
    spellings: tuple[str, ...]
    negative_spellings: tuple[str, ...]
    values: ValueCount
    value_kind: ValueKind
    choices: tuple[str, ...] = ()
    normalises_choices: bool = False
    accepts_none: bool = False


@dataclass(frozen=True, slots=True)
class OptionTable:
    """The options of one version, by every spelling; `spellings` are the keys in order."""

    version: Version
    by_spelling: dict[str, VllmOption]
    spellings: tuple[str, ...]

    def match(self, spelling: str) -> tuple[str, ...]:
        """Return the spellings that `spelling` selects: itself, else all that it is a prefix of.

        One result is a match, several are ambiguous, none is an unknown option.
        Source: Python's argparse, `allow_abbrev`, which vLLM leaves on.
        """
        if spelling in self.by_spelling:
            return (spelling,)
        if len(spelling) < 2 or not spelling.startswith("-"):
            return ()
        first = bisect_left(self.spellings, spelling)
        return tuple(takewhile(lambda known: known.startswith(spelling), islice(self.spellings, first, None)))


@dataclass(frozen=True, slots=True)
class OptionTables:
    """The tables that a version may stand for.

    Attributes:
        tables: One table when the version was read itself; its neighbours, or all tables, otherwise.
        is_complete: False when the version lies outside what was read, so an unknown option proves nothing.
        is_any_version: Whether the version is not known at all, so that it may lie outside what was read.
    """

    tables: tuple[OptionTable, ...]
    is_complete: bool
    is_any_version: bool = False

    def is_certain(self, kind: ProblemKind, option: str, *, has_choices: bool = False) -> bool:
        """Whether the version that runs certainly refuses what these tables refuse.

        A version outside what was read may do anything. One that is not known at all may be newer, with more
        options and more values, or older, when a few switches took a value.
        """
        if not self.is_complete:
            return False
        if not self.is_any_version:
            return True
        if kind == "boolean-with-value":
            return option not in _ONCE_TOOK_A_VALUE
        return kind != "unknown-option" and not has_choices


def option_tables(version: Version | None) -> OptionTables:
    """Return the option tables to judge a command line of `version` by; None stands for any version."""
    tables = _all_tables()
    if version is None:
        return OptionTables(tables, is_complete=True, is_any_version=True)
    at_or_before = [table for table in tables if table.version <= version]
    at_or_after = [table for table in tables if table.version >= version]
    if not at_or_before:
        return OptionTables(tables[:1], is_complete=False)
    if not at_or_after:
        return OptionTables(tables[-1:], is_complete=False)
    lower, upper = at_or_before[-1], at_or_after[0]
    return OptionTables((lower,) if lower is upper else (lower, upper), is_complete=True)


def huggingfaceserver_option_tables(version: Version | None) -> OptionTables:
    """Return the option tables of huggingfaceserver: its own options laid over those of the vLLM inside."""
    own = _read_tables("huggingfaceserver_options.json")[0].by_spelling
    inner = option_tables(version)
    tables = tuple(_table(table.version, {**table.by_spelling, **own}) for table in inner.tables)
    return OptionTables(tables, inner.is_complete, inner.is_any_version)


@cache
def _all_tables() -> tuple[OptionTable, ...]:
    return _read_tables("vllm_options.json")


@cache
def _read_tables(file_name: str) -> tuple[OptionTable, ...]:
    document = json.loads((files("neuroscale.engines") / "data" / file_name).read_text(encoding="utf-8"))
    versions = [Version(text) for text in document["versions"]]
    records = cast("list[dict[str, object]]", document["options"])
    return tuple(_table(version, dict(_spellings(records, version))) for version in versions)


def _table(version: Version, by_spelling: dict[str, VllmOption]) -> OptionTable:
    return OptionTable(version, by_spelling, tuple(sorted(by_spelling)))


def _spellings(records: Iterable[dict[str, object]], version: Version) -> Iterable[tuple[str, VllmOption]]:
    for record in records:
        if not _holds(record, version):
            continue
        option = VllmOption(
            name=cast("str", record["name"]),
            spellings=tuple(cast("list[str]", record["spellings"])),
            negative_spellings=tuple(cast("list[str]", record.get("negative_spellings", []))),
            values=cast("ValueCount", record["values"]),
            value_kind=cast("ValueKind", record.get("value_kind", "text")),
            choices=tuple(cast("list[str]", record.get("choices", []))),
            normalises_choices=record.get("normalises_choices") is True,
            accepts_none=record.get("accepts_none") is True,
        )
        for spelling in (*option.spellings, *option.negative_spellings):
            yield spelling, option


def _holds(record: dict[str, object], version: Version) -> bool:
    since, until = record.get("since"), record.get("until")
    return (since is None or version >= Version(cast("str", since))) and (
        until is None or version <= Version(cast("str", until))
    )
