"""Counts that an engine is told by an option."""

from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.values import read_human_readable_integer


def stated_count(settings: EngineSettings, name: str) -> int | None:
    """Return the whole number above zero that an option states, `8k` read as the engines do; None without one."""
    value = read_human_readable_integer(settings.options.get(name, ""))
    return value if value is not None and value > 0 else None
