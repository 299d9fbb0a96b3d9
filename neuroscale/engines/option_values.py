"""Typed access to the options that an argument vector was read into."""

import json
from collections.abc import Mapping

from neuroscale.engines.arguments import ParsedArguments
from neuroscale.engines.parser_messages import extra_word
from neuroscale.engines.settings import ArgumentProblem
from neuroscale.engines.values import read_fraction, read_integer, read_suffixed_integer

# What people write after a switch that takes no value.
BOOLEAN_TEXTS = frozenset({"true", "false", "1", "0", "yes", "no", "on", "off"})


class OptionReader:
    """The values of parsed options; adds a problem for each that the engine refuses after parsing."""

    def __init__(self, parsed: ParsedArguments, problems: list[ArgumentProblem]) -> None:
        self._parsed = parsed
        self._problems = problems

    def text(self, name: str) -> str | None:
        """Return the value as it was written, None when the option was not given."""
        return self._parsed.options.get(name)

    def is_on(self, name: str) -> bool:
        """Whether a switch was given and not switched off later."""
        return self._parsed.options.get(name) == "true"

    def size(self, name: str) -> int:
        """Return a parallel size; 1 when it was not given."""
        return self.integer(name) or 1

    def integer(self, name: str, *, least: int = 1) -> int | None:
        """Return an integer, with a suffix where the option takes one; None when it was not given or is refused."""
        text = self._parsed.options.get(name)
        value = None if text is None else self._read(name, text)
        if value is not None and value < least:
            self.refuse(name, f"{name} must be at least {least}, not {value}")
            return None
        return value

    def fraction(self, name: str) -> float | None:
        """Return a share of the whole, greater than 0 and at most 1."""
        text = self._parsed.options.get(name)
        value = None if text is None else read_fraction(text)
        if value is not None and not 0 < value <= 1:
            self.refuse(name, f"{name} must be greater than 0 and at most 1, not {text}")
            return None
        return value

    def mapping(self, name: str) -> Mapping[str, object] | None:
        """Return a JSON object, empty when it was not given, None when the text is none."""
        try:
            value = json.loads(self._parsed.options.get(name, "{}"))
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def _read(self, name: str, text: str) -> int | None:
        kinds = {
            table.by_spelling[name].value_kind for table in self._parsed.tables.tables if name in table.by_spelling
        }
        return read_suffixed_integer(text) if "suffixed-integer" in kinds else read_integer(text)

    def refuse(self, name: str, message: str) -> None:
        """Note that the engine stops at the value of an option that was given."""
        position = self._parsed.positions[name]
        self._problems.append(ArgumentProblem("invalid-value", name, self._parsed.options[name], message, position))


def stray_problem(parsed: ParsedArguments, index: int) -> ArgumentProblem:
    """Return what the parser says about a word that belongs to no option, by its index in `positionals`."""
    word = parsed.positionals[index]
    switch = parsed.after_booleans.get(index)
    is_certain = parsed.tables.is_certain("boolean-with-value" if switch else "invalid-value", switch or "")
    message = extra_word(parsed.tables.grammar.parser, word.text)
    if switch is None:
        return ArgumentProblem("unknown-option", word.text, word.text, message, word.position, is_certain)
    return ArgumentProblem(
        "boolean-with-value",
        switch,
        f"{switch} {word.text}",
        f"{switch} is a switch and takes no value: {message}",
        parsed.positions.get(switch, word.position),
        is_certain,
    )
