"""The file that an engine reads its options from: a plain YAML mapping, read with bounds on its size and depth."""

from collections.abc import Mapping

import yaml

_MAXIMUM_CHARACTERS = 2**16
_MAXIMUM_DEPTH = 32
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def configuration_of(text: str | None) -> Mapping[str, object] | None:
    """Return the keys of a file and their values; None where the text is not at hand or is no plain mapping."""
    if text is None or len(text) > _MAXIMUM_CHARACTERS:
        return None
    try:
        if not _is_flat_enough(text):
            return None
        values = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, which the engine takes too
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        return None
    return values


def _is_flat_enough(text: str) -> bool:
    """Whether nothing in the file is nested deeply or stands for something else in it."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAXIMUM_DEPTH or isinstance(event, yaml.AliasEvent):
            return False
    return True
