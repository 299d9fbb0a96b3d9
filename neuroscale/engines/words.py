"""The words an engine process is started with, after Kubernetes and the shell had their say."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neuroscale.engines.settings import ArgumentPosition

_KUBERNETES_REFERENCE = re.compile(r"\$\$|\$\(([-._a-zA-Z0-9]+)\)")


@dataclass(frozen=True, slots=True)
class Word:
    """One element of an argument vector.

    Attributes:
        text: The text, with what could not be resolved left as it was written.
        position: The container field and index that the word comes from.
        unresolved_at: Index in `text` of the first expansion whose value is unknown; None when all is known.
    """

    text: str
    position: ArgumentPosition
    unresolved_at: int | None = None

    @property
    def is_resolved(self) -> bool:
        """Whether the whole text is what the process receives."""
        return self.unresolved_at is None


def container_words(
    command: Sequence[str], arguments: Sequence[str], environment: Mapping[str, str]
) -> tuple[Word, ...]:
    """Return the words of a container's `command` and `args` with `$(NAME)` expanded as the kubelet does.

    A name that is not in `environment` stays as written and marks its word as unresolved: its value may come from
    a ConfigMap, a Secret or the image. `$$(NAME)` is an escaped, literal `$(NAME)`.
    Source: Kubernetes API, `Container.command` and `Container.args`.
    """
    fields = (("command", command), ("args", arguments))
    return tuple(
        _expanded(text, ArgumentPosition(field, index), environment)
        for field, texts in fields
        for index, text in enumerate(texts)
    )


def _expanded(text: str, position: ArgumentPosition, environment: Mapping[str, str]) -> Word:
    pieces: list[str] = []
    length = 0
    unresolved_at: int | None = None
    cursor = 0
    for match in _KUBERNETES_REFERENCE.finditer(text):
        pieces.append(text[cursor : match.start()])
        length += match.start() - cursor
        cursor = match.end()
        if match.group() == "$$":
            piece = "$"
        elif match.group(1) in environment:
            piece = environment[match.group(1)]
        else:
            piece = match.group()
            unresolved_at = length if unresolved_at is None else unresolved_at
        pieces.append(piece)
        length += len(piece)
    pieces.append(text[cursor:])
    return Word("".join(pieces), position, unresolved_at)
