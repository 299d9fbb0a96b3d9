"""The options of Text Generation Inference's launcher, by version, and the variables that stand for them."""

from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import pairwise
from types import MappingProxyType

from packaging.version import Version

from neuroscale.engines.options import (
    EngineOption,
    Grammar,
    OptionTable,
    OptionTables,
    read_option_tables,
    tables_for,
)

# Every other option is refused when it is given twice. Source: the launcher's `Args`, where these alone are lists.
_GRAMMAR = Grammar(parser="clap", repeatable=frozenset({"--cors-allow-origin", "--cuda-graphs"}))

# `--env` prints the environment; it is the one option without a variable.
_WITHOUT_VARIABLE = frozenset({"--env"})


def text_generation_inference_option_tables(version: Version | None) -> OptionTables:
    """Return the option tables to judge a command line of `version` by; None stands for any version.

    Source: Text Generation Inference 1.0.0 to 3.3.7, `launcher/src/main.rs` of every release, the struct `Args`.
    """
    return tables_for(_distinct_tables() if version is None else _all_tables(), version, _GRAMMAR)


def _all_tables() -> tuple[OptionTable, ...]:
    return read_option_tables("text_generation_inference_options.json")


@cache
def _distinct_tables() -> tuple[OptionTable, ...]:
    """Return one table for each run of releases with the same options: most differ from none before them."""
    tables = _all_tables()
    changes = (later for earlier, later in pairwise(tables) if earlier.by_spelling != later.by_spelling)
    return (tables[0], *changes)


@lru_cache(maxsize=128)
def options_by_variable(version: Version | None) -> Mapping[str, tuple[EngineOption, ...]]:
    """Return the options by the environment variable that gives each, as every table of a version has it."""
    found: dict[str, tuple[EngineOption, ...]] = {}
    for table in text_generation_inference_option_tables(version).tables:
        for option in dict.fromkeys(table.by_spelling.values()):
            if option.name not in _WITHOUT_VARIABLE:
                variable = option.name.removeprefix("--").replace("-", "_").upper()
                found[variable] = (*found.get(variable, ()), option)
    return MappingProxyType(found)
