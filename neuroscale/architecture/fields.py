"""Checked access to the fields of a configuration: every value is bounded and an error names its field."""

from collections.abc import Mapping, Sequence

from neuroscale.errors import InvalidInputError

# Bounds that no real model comes near; they keep a hostile configuration from costing time or memory.
MAXIMUM_LAYERS = 4096
MAXIMUM_HEADS = 2**16
MAXIMUM_EXPERTS = 2**20
MAXIMUM_WIDTH = 2**24
MAXIMUM_VOCABULARY = 2**28
MAXIMUM_TOKENS = 2**40
MAXIMUM_LIST_LENGTH = MAXIMUM_LAYERS
MAXIMUM_TEXT_LENGTH = 1024


class Fields:
    """The fields of one configuration object, with the defaults that its class gives to absent ones.

    A name may be given with alternatives: the first name with a value wins, because the same fact is spelt
    differently by published files and by files that transformers saved again. A family may add alternatives to a
    name for all of its fields. An absent field takes its default; a field that is null stays null.
    """

    __slots__ = ("_aliases", "_config", "_defaults", "_path")

    def __init__(
        self,
        config: Mapping[str, object],
        defaults: Mapping[str, object] | None = None,
        path: str = "",
        aliases: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self._config = config
        self._defaults = {} if defaults is None else defaults
        self._path = path
        self._aliases = {} if aliases is None else aliases

    def path(self, name: str) -> str:
        """Return the dotted path of a field from the root of the configuration."""
        return f"{self._path}.{name}" if self._path else name

    def has(self, name: str) -> bool:
        """Tell whether the field is written down and is not null."""
        return self._config.get(name) is not None

    def names(self) -> tuple[str, ...]:
        """Return the names of the fields that are written down."""
        return tuple(self._config)

    def value(self, name: str, *alternatives: str) -> tuple[str, object]:
        """Return the name that decided and its unchecked value (None when null or unknown)."""
        candidates = (name, *alternatives)
        if self._aliases:
            candidates += tuple(alias for known in candidates for alias in self._aliases.get(known, ()))
        for candidate in candidates:
            if self._config.get(candidate) is not None:
                return candidate, self._config[candidate]
        for candidate in candidates:
            if candidate in self._defaults:
                return candidate, None if candidate in self._config else self._defaults[candidate]
        return name, None

    def optional_integer(self, name: str, *alternatives: str, maximum: int, minimum: int = 0) -> int | None:
        """Return a whole number within bounds, or None when the field is null or absent without default.

        Raises:
            InvalidInputError: The value is no whole number or is out of bounds.
        """
        decisive, value = self.value(name, *alternatives)
        return None if value is None else self._bounded(decisive, value, minimum, maximum)

    def integer(self, name: str, *alternatives: str, maximum: int, minimum: int = 1) -> int:
        """Return a whole number within bounds.

        Raises:
            InvalidInputError: The value is missing, no whole number or out of bounds.
        """
        value = self.optional_integer(name, *alternatives, maximum=maximum, minimum=minimum)
        if value is None:
            raise InvalidInputError(
                "a whole number is needed, but the field is null or missing",
                field=self.path(name),
                fix="take the config.json as it was published",
            )
        return value

    def integers(self, name: str, *, maximum: int, minimum: int = 0) -> tuple[int, ...] | None:
        """Return a list of whole numbers within bounds, or None when the field is null or absent."""
        items = self._items(name)
        if items is None:
            return None
        return tuple(self._bounded(f"{name}[{index}]", item, minimum, maximum) for index, item in enumerate(items))

    def texts(self, name: str, *, maximum_length: int = MAXIMUM_LIST_LENGTH) -> tuple[str, ...] | None:
        """Return a list of short texts, or None when the field is null or absent."""
        items = self._items(name, maximum_length)
        if items is None:
            return None
        return tuple(self._text(f"{name}[{index}]", item) for index, item in enumerate(items))

    def optional_text(self, name: str, *alternatives: str) -> str | None:
        """Return a short text, or None when the field is null or absent without default."""
        decisive, value = self.value(name, *alternatives)
        return None if value is None else self._text(decisive, value)

    def flag(self, name: str, *alternatives: str) -> bool:
        """Return true or false; null and absent without default count as false, as they do in Python."""
        decisive, value = self.value(name, *alternatives)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise InvalidInputError(f"must be true or false, not {_shown(value)}", field=self.path(decisive))
        return value

    def optional_number(self, name: str, *alternatives: str, minimum: float, maximum: float) -> float | None:
        """Return a number within bounds, or None when the field is null or absent without default."""
        decisive, value = self.value(name, *alternatives)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not minimum <= value <= maximum:
            raise InvalidInputError(
                f"must be a number from {minimum:g} to {maximum:g}, not {_shown(value)}", field=self.path(decisive)
            )
        return float(value)

    def nested(
        self,
        name: str,
        defaults: Mapping[str, object] | None = None,
        aliases: Mapping[str, tuple[str, ...]] | None = None,
    ) -> "Fields | None":
        """Return the fields of a nested object, or None when the field is null or absent."""
        _, value = self.value(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise InvalidInputError(f"must be an object, not {_shown(value)}", field=self.path(name))
        return Fields(value, defaults, self.path(name), aliases)

    def with_defaults(
        self, defaults: Mapping[str, object], aliases: Mapping[str, tuple[str, ...]] | None = None
    ) -> "Fields":
        """Return the same fields with the defaults and the further spellings of a class."""
        return Fields(self._config, defaults, self._path, aliases)

    def _items(self, name: str, maximum_length: int = MAXIMUM_LIST_LENGTH) -> Sequence[object] | None:
        _, value = self.value(name)
        if value is None:
            return None
        if not isinstance(value, list | tuple):
            raise InvalidInputError(f"must be a list, not {_shown(value)}", field=self.path(name))
        if len(value) > maximum_length:
            raise InvalidInputError(
                f"has {len(value)} entries, more than the {maximum_length} of any model", field=self.path(name)
            )
        return value

    def _bounded(self, name: str, value: object, minimum: int, maximum: int) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
            raise InvalidInputError(
                f"must be a whole number from {minimum} to {maximum}, not {_shown(value)}", field=self.path(name)
            )
        return value

    def _text(self, name: str, value: object) -> str:
        if not isinstance(value, str) or len(value) > MAXIMUM_TEXT_LENGTH:
            raise InvalidInputError(
                f"must be a text of at most {MAXIMUM_TEXT_LENGTH} characters, not {_shown(value)}",
                field=self.path(name),
            )
        return value


def _shown(value: object) -> str:
    """Show a value of unknown size in a few characters."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() if value.bit_length() > 128:
            return "a huge number"
        case int() | float():
            return str(value)
        case str():
            return f"the text {value[:40]!r}" if len(value) <= 40 else f"the text {value[:40]!r}…"
        case Mapping():
            return "an object"
        case list() | tuple():
            return "a list"
        case _:
            return f"a {type(value).__name__}"
