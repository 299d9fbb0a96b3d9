"""The keys of vLLM's options that take a JSON object, by version, from a data file read from its releases."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TypedDict, cast

from packaging.version import Version


class _KeyRecord(TypedDict):
    name: str
    absent_until: str | None
    absent_from: str | None


class _Document(TypedDict):
    source: str
    oldest_that_refuses: str
    newest_read: str
    options: dict[str, list[_KeyRecord]]
    speculative_methods: list[_KeyRecord]


@dataclass(frozen=True, slots=True)
class ConfigurationKey:
    """A key of an option, or a value that one takes; None leaves an end open.

    Attributes:
        name: The key or the value.
        absent_until: Last version read before it came.
        absent_from: First version read after it went.
    """

    name: str
    absent_until: Version | None
    absent_from: Version | None

    def is_absent(self, version: Version) -> bool:
        """Whether a version certainly lacks the key; False between two versions that were read."""
        came_later = self.absent_until is not None and version <= self.absent_until
        return came_later or (self.absent_from is not None and version >= self.absent_from)


def configuration_keys(option: str) -> tuple[ConfigurationKey, ...]:
    """Return the keys that any version read has for an option; nothing for an option whose keys were not read."""
    return _keys().get(option, ())


def speculative_methods() -> tuple[ConfigurationKey, ...]:
    """Return the values that any version read takes as the method of speculative decoding."""
    return _methods()


def refuses_unknown_keys(version: Version) -> bool | None:
    """Return whether a version stops at a key that it does not have; None for one newer than any that was read.

    Older versions dropped such keys without a word, which is no error.
    """
    document = _document()
    if version > Version(document["newest_read"]):
        return None
    return version >= Version(document["oldest_that_refuses"])


@cache
def _keys() -> Mapping[str, tuple[ConfigurationKey, ...]]:
    options = _document()["options"]
    return MappingProxyType({option: tuple(map(_key, records)) for option, records in options.items()})


@cache
def _methods() -> tuple[ConfigurationKey, ...]:
    return tuple(map(_key, _document()["speculative_methods"]))


def _key(record: _KeyRecord) -> ConfigurationKey:
    return ConfigurationKey(record["name"], _version(record["absent_until"]), _version(record["absent_from"]))


def _version(text: str | None) -> Version | None:
    return None if text is None else Version(text)


@cache
def _document() -> _Document:
    text = (files("neuroscale.engines") / "data" / "vllm_configuration_keys.json").read_text(encoding="utf-8")
    return cast("_Document", json.loads(text))
