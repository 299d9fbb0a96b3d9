"""What the parsers of the engines' command lines say about words they refuse; each then exits with code 2.

Source: Python's argparse; click 8, `exceptions.py` and `parser.py`; clap 4, `error/format.rs`.
"""

from typing import Literal

ParserName = Literal["argparse", "click", "clap"]

_UNKNOWN = {
    "argparse": "unrecognized arguments: {word}",
    "click": "No such option: {word}",
    "clap": "unexpected argument '{word}' found",
}
_EXTRA = {
    "argparse": "unrecognized arguments: {word}",
    "click": "Got unexpected extra argument ({word})",
    "clap": "unexpected argument '{word}' found",
}
_VALUE_OF_SWITCH = {
    "argparse": "argument {option}: ignored explicit argument {value!r}; a switch takes no value,",
    "click": "Option '{option}' does not take a value.",
    "clap": "unexpected value '{value}' for '{option}' found; no more were expected;",
}
_MISSING = {
    "argparse": "argument {option}: expected one argument",
    "click": "Option '{option}' requires an argument.",
    "clap": "a value is required for '{option}' but none was supplied",
}


def unknown_option(parser: ParserName, word: str) -> str:
    """Return what is said about an option that the engine does not have."""
    # click and clap name the option without the value that is attached to it.
    shown = word if parser == "argparse" else word.partition("=")[0]
    return f"{_UNKNOWN[parser].format(word=shown)}; the engine exits with code 2"


def extra_word(parser: ParserName, word: str) -> str:
    """Return what is said about a word that belongs to no option."""
    return f"{_EXTRA[parser].format(word=word)}; the engine exits with code 2"


def value_of_switch(parser: ParserName, option: str, value: str) -> str:
    """Return what is said about a value attached to a switch."""
    return f"{_VALUE_OF_SWITCH[parser].format(option=option, value=value)} the engine exits with code 2"


def missing_value(parser: ParserName, option: str) -> str:
    """Return what is said about an option without its value."""
    return _MISSING[parser].format(option=option)


def repeated_option(option: str) -> str:
    """Return what clap says about an option that is given twice."""
    return f"the argument '{option}' cannot be used multiple times; the engine exits with code 2"
