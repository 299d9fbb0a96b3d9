"""Which values an option takes, and what the engine's parser says about any other."""

import json
import re

from neuroscale.engines.options import EngineOption
from neuroscale.engines.values import (
    read_fraction,
    read_human_readable_integer,
    read_integer,
    read_suffixed_integer,
)

# Some options have dozens, and a message has to stay readable.
_CHOICES_NAMED = 4
_UNSIGNED = re.compile(r"\+?[0-9]+")
_BRACED = re.compile(r"\s*\{.*\}\s*", re.DOTALL)
_BARE_MAGNITUDE = re.compile(r"\b(\d+)(?:\.\d+)?[kKmMgGtT]\b")


def value_refusal(option: EngineOption, text: str) -> str | None:
    """Return why the engine's parser refuses a value of an option, None when it takes it."""
    if option.accepts_none and text in {"", "None"}:
        return None
    choice = text.lower().replace("-", "_") if option.normalises_choices else text
    if option.choices and choice not in option.choices:
        listed = ", ".join(
            (*option.choices[:_CHOICES_NAMED], *(["..."] if option.choices[_CHOICES_NAMED:] else []))
        )
        return f"invalid choice: {text!r} (choose from {listed})"
    accepted = True
    match option.value_kind:
        case "unsigned-integer":
            accepted = _UNSIGNED.fullmatch(text) is not None
        case "port-number":
            accepted = _UNSIGNED.fullmatch(text) is not None and len(text) < 8 and int(text) < 2**16
        case "integer":
            accepted = read_integer(text) is not None
        case "number":
            accepted = read_fraction(text) is not None
        case "human-readable-integer":
            accepted = read_human_readable_integer(text) is not None
        case "human-readable-integer-or-auto":
            accepted = text.strip().lower() in {"auto", "-1"} or read_human_readable_integer(text) is not None
        case "suffixed-integer":
            accepted = read_suffixed_integer(text) is not None
        case "json":
            accepted = _is_json(text)
        case "json-object":
            accepted = _BRACED.fullmatch(text) is not None and _is_json(_BARE_MAGNITUDE.sub(r"\1", text))
        case "json-or-pairs":
            accepted = _is_json(text) if text.startswith("{") and text.endswith("}") else _is_pairs(text)
        case "json-or-text":
            accepted = text in {"", "None"} or not _BRACED.fullmatch(text) or _is_json(text)
        case "text":
            pass
    return None if accepted else f"invalid {option.value_kind} value: {text!r}"


def _is_pairs(text: str) -> bool:
    """Whether a text is "image=4,video=1", which vLLM took for a mapping of integers up to 0.9.2."""
    pairs = [pair.split("=") for pair in text.split(",")]
    return all(len(pair) == 2 and read_integer(pair[1].strip()) is not None for pair in pairs)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
