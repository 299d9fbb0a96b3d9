"""The options that `plan` and `render` share."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import accelerator_by_name, load_accelerators
from neuroscale.planning.planner import DEFAULT_ENGINE_VERSION

_OPTIONS = (
    click.option(
        "--accelerator",
        "accelerators",
        multiple=True,
        help="Kind on offer. Repeatable; default: all that are known.",
    ),
    click.option("--context-length", type=click.IntRange(min=1), help="Longest prompt plus answer, in tokens."),
    click.option(
        "--concurrency", type=click.IntRange(min=1), default=1, show_default=True, help="Requests at once."
    ),
    click.option("--engine", default=f"vllm@{DEFAULT_ENGINE_VERSION}", show_default=True, help="ENGINE@VERSION."),
)


def planning_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_accelerators(names: Sequence[str]) -> tuple[Accelerator, ...]:
    """Return the accelerators with these names, or all that are known.

    Raises:
        InvalidInputError: A name is not known; the message lists those that are.
    """
    if not names:
        return tuple(load_accelerators().values())
    return tuple(accelerator_by_name(name) for name in names)
