"""Keys under which results are kept for the objects that they were worked out of."""

from dataclasses import fields
from operator import attrgetter
from typing import Generic, TypeVar

from neuroscale.engines.settings import EngineSettings

_Value = TypeVar("_Value")

# Where an option was written, and what is wrong with another, changes no size.
_OF_NO_SIZE = frozenset({"positions", "problems", "ignored"})
_NAMES = [each.name for each in fields(EngineSettings) if each.name not in _OF_NO_SIZE]
_MAPPINGS = ("options", "environment")
_plain_values = attrgetter(*(name for name in _NAMES if name not in {*_MAPPINGS, "configuration_overrides"}))


class SameObject(Generic[_Value]):
    """Stands for an object in a cache key by identity: hashing a whole architecture takes longer than an answer."""

    __slots__ = ("value",)

    def __init__(self, value: _Value) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameObject) and self.value is other.value


class SameSettings:
    """Stands for settings in a cache key by everything that a size may depend on."""

    __slots__ = ("_hash", "_key", "settings")

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        overrides = settings.configuration_overrides
        self._key = (
            _plain_values(settings),
            *(tuple(getattr(settings, name).items()) for name in _MAPPINGS),
            repr(overrides) if overrides else "",
        )
        self._hash = hash(self._key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameSettings) and self._key == other._key
