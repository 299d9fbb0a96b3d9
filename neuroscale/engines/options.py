"""The options of a serving engine's command line, by version.

The tables are data, read from the parsers of the engines' releases; what they are told apart by is here.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice, takewhile
from typing import Literal, cast

from packaging.version import Version

from neuroscale.engines.parser_messages import ParserName
from neuroscale.engines.settings import ProblemKind

ValueCount = Literal["none", "one", "optional", "any", "many"]
ValueKind = Literal[
    "text",
    "integer",
    "unsigned-integer",
    "port-number",
    "human-readable-integer",
    "human-readable-integer-or-auto",
    "suffixed-integer",
    "number",
    "json",
    "json-object",
    "json-or-pairs",
    "json-or-text",
]


@dataclass(frozen=True, slots=True)
class EngineOption:
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
        is_retired: Whether the engine knows the option only to refuse it.
    """

    name: str
    spellings: tuple[str, ...]
    negative_spellings: tuple[str, ...]
    values: ValueCount
    value_kind: ValueKind
    choices: tuple[str, ...] = ()
    normalises_choices: bool = False
    accepts_none: bool = False
    is_retired: bool = False


@dataclass(frozen=True, slots=True)
class OptionTable:
    """The options of one version, by every spelling; `spellings` are the keys in order."""

    version: Version
    by_spelling: dict[str, EngineOption]
    spellings: tuple[str, ...]

    def match(self, spelling: str) -> tuple[str, ...]:
        """Return the spellings that `spelling` selects: itself, else all that it is a prefix of.

        One result is a match, several are ambiguous, none is an unknown option.
        Source: Python's argparse, `allow_abbrev`, which the engines leave on.
        """
        if spelling in self.by_spelling:
            return (spelling,)
        if len(spelling) < 2 or not spelling.startswith("-"):
            return ()
        first = bisect_left(self.spellings, spelling)
        return tuple(takewhile(lambda known: known.startswith(spelling), islice(self.spellings, first, None)))


@dataclass(frozen=True, slots=True)
class Grammar:
    """What an engine does to the words before its parser sees them, and which parser that is.

    Attributes:
        parser: Python's argparse, Python's click or Rust's clap.
        underscores_are_dashes: Whether underscores in long names are rewritten to dashes.
        gathers_dotted_options: Whether `--name.key value` is gathered into one JSON value of `--name`.
        rewrites_optimization_level: Whether `-O3`, `-O=3` and `-O 3` are rewritten to an option of their own.
        repeatable: The only options that may be given twice; None where the last one wins.
    """

    parser: ParserName = "argparse"
    underscores_are_dashes: bool = False
    gathers_dotted_options: bool = False
    rewrites_optimization_level: bool = False
    repeatable: frozenset[str] | None = None

    @property
    def abbreviates(self) -> bool:
        """Whether an option may be written as any unique prefix: argparse alone allows it."""
        return self.parser == "argparse"


ARGPARSE = Grammar()


@dataclass(frozen=True, slots=True)
class OptionTables:
    """The tables that a version may stand for.

    Attributes:
        tables: One table when the version was read itself; its neighbours, or all tables, otherwise.
        is_complete: False when the version lies outside what was read, so an unknown option proves nothing.
        is_any_version: Whether the version is not known at all, so that it may lie outside what was read.
        grammar: How the words are rewritten before they are parsed.
        once_took_a_value: Switches that took "true" or "false" before the oldest version that was read.
    """

    tables: tuple[OptionTable, ...]
    is_complete: bool
    is_any_version: bool = False
    grammar: Grammar = ARGPARSE
    once_took_a_value: frozenset[str] = frozenset()

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
            return option not in self.once_took_a_value
        return kind != "unknown-option" and not has_choices


def tables_for(tables: Sequence[OptionTable], version: Version | None, grammar: Grammar) -> OptionTables:
    """Return what of `tables`, oldest first, a version may stand for.

    The table itself for a version that was read, both neighbours for one between, the nearest and `is_complete`
    False for one outside, all for a version that is not known.
    """
    if version is None:
        return OptionTables(tuple(tables), is_complete=True, is_any_version=True, grammar=grammar)
    position = bisect_right([table.version for table in tables], version)
    if position == 0:
        return OptionTables((tables[0],), is_complete=False, grammar=grammar)
    lower = tables[position - 1]
    if lower.version == version:
        return OptionTables((lower,), is_complete=True, grammar=grammar)
    if position == len(tables):
        return OptionTables((lower,), is_complete=False, grammar=grammar)
    return OptionTables((lower, tables[position]), is_complete=True, grammar=grammar)


@cache
def read_option_tables(file_name: str) -> tuple[OptionTable, ...]:
    """Return the tables of a data file of this package, one per release that was read, oldest first."""
    document = json.loads((files("neuroscale.engines") / "data" / file_name).read_text(encoding="utf-8"))
    versions = [Version(text) for text in document["versions"]]
    records = cast("list[dict[str, object]]", document["options"])
    return tuple(option_table(version, dict(_spellings(records, version))) for version in versions)


def option_table(version: Version, by_spelling: dict[str, EngineOption]) -> OptionTable:
    """Return the table of one version from its options by every spelling."""
    return OptionTable(version, by_spelling, tuple(sorted(by_spelling)))


def _spellings(records: Iterable[dict[str, object]], version: Version) -> Iterable[tuple[str, EngineOption]]:
    for record in records:
        if not _holds(record, version):
            continue
        option = EngineOption(
            name=cast("str", record["name"]),
            spellings=tuple(cast("list[str]", record["spellings"])),
            negative_spellings=tuple(cast("list[str]", record.get("negative_spellings", []))),
            values=cast("ValueCount", record["values"]),
            value_kind=cast("ValueKind", record.get("value_kind", "text")),
            choices=tuple(cast("list[str]", record.get("choices", []))),
            normalises_choices=record.get("normalises_choices") is True,
            accepts_none=record.get("accepts_none") is True,
            is_retired=record.get("is_retired") is True,
        )
        for spelling in (*option.spellings, *option.negative_spellings):
            yield spelling, option


def _holds(record: dict[str, object], version: Version) -> bool:
    since, until = record.get("since"), record.get("until")
    return (since is None or version >= Version(cast("str", since))) and (
        until is None or version <= Version(cast("str", until))
    )
