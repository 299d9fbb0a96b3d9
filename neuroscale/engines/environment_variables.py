"""The environment variables that an engine reads, by version."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from packaging.version import Version

# What the names of an engine's own variables begin with.
PREFIXES = {"vllm": "VLLM_", "sglang": "SGLANG_"}


@dataclass(frozen=True, slots=True)
class EnvironmentVariableHistory:
    """The releases that have a variable.

    Attributes:
        first: First release that was read and has it.
        last: Last release that was read and has it.
        replacement: The option or variable that does the same in later releases; "" where there is none.
    """

    first: Version
    last: Version
    replacement: str


@dataclass(frozen=True, slots=True)
class VariableTable:
    """All variables.

    Attributes:
        versions: Releases that were read, oldest first.
        histories: By name.
    """

    versions: tuple[Version, ...]
    histories: Mapping[str, EnvironmentVariableHistory]

    def was_read(self, version: Version) -> bool:
        """Whether a version lies among those that were read."""
        return self.versions[0] <= version <= self.versions[-1]

    def is_past(self, history: EnvironmentVariableHistory, version: Version) -> bool:
        """Whether a variable is certainly gone in a version: a release up to it was read without it."""
        return self.was_read(version) and any(history.last < each <= version for each in self.versions)

    def is_to_come(self, history: EnvironmentVariableHistory, version: Version) -> bool:
        """Whether a variable certainly came after a version: a release from it on was read without it."""
        return self.was_read(version) and any(version <= each < history.first for each in self.versions)


@cache
def variable_table(engine: str) -> VariableTable:
    """Return the variables of every release of an engine that was read.

    Args:
        engine: One of those that `PREFIXES` names.
    """
    document = json.loads((files("neuroscale.engines") / "data" / f"{engine}_variables.json").read_text("utf-8"))
    versions = tuple(Version(text) for text in document["versions"])
    replacements = document["replacements"]
    return VariableTable(
        versions,
        {
            record["name"]: EnvironmentVariableHistory(
                Version(record["since"]) if "since" in record else versions[0],
                Version(record["until"]) if "until" in record else versions[-1],
                replacements.get(record["name"], ""),
            )
            for record in document["variables"]
        },
    )
