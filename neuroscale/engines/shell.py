"""Reading a shell script as far as it takes to know which programs it starts with which words.

The subset of the POSIX shell language that container commands use: quotes, comments, line continuations, command
lists, reserved words, assignments and expansions. Nothing is run; what only a running shell could know is marked
as unresolved, never guessed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neuroscale.engines.settings import ArgumentPosition
from neuroscale.engines.shell_reader import ShellReader, ShellSyntaxError
from neuroscale.engines.words import Word

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh"})
_RESERVED_WORDS = frozenset(
    {"if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "in", "{", "}", "!"}
)
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=", re.ASCII)
_CHANGED_VARIABLE = re.compile(r"(?<![\w$])([A-Za-z_]\w*)\+?=|\bfor\s+([A-Za-z_]\w*)", re.ASCII)
_CHANGES_ANY_VARIABLE = re.compile(
    r"(?:^|[\n;&|({]|\b(?:then|do|else)\b)[ \t]*(?:read|unset|source|\.|getopts|mapfile|readarray)[ \t]"
)
# They add words to the command behind them.
_ADDS_WORDS = frozenset({"xargs", "parallel"})
_MAXIMUM_NESTING = 4
_MAXIMUM_CHARACTERS = 2**17


@dataclass(frozen=True, slots=True)
class ShellInvocation:
    """A shell that was given its script on the command line.

    Attributes:
        script: The script, Kubernetes references already expanded.
        parameters: The words after the script: `$0`, `$1`, ...
    """

    script: Word
    parameters: tuple[Word, ...]


def shell_invocation(words: Sequence[Word]) -> ShellInvocation | None:
    """Return the script when `words` are `sh -c SCRIPT ...` in any of its spellings, None otherwise."""
    if not words or words[0].text.rsplit("/", 1)[-1] not in _SHELLS:
        return None
    takes_script = False
    index = 1
    while index < len(words):
        text = words[index].text
        if text == "--":
            index += 1
            break
        if len(text) < 2 or text[0] not in "-+":
            break
        if not text.startswith("--"):
            takes_script = takes_script or (text[0] == "-" and "c" in text)
            if text.endswith(("o", "O")):
                index += 1
        index += 1
    if not takes_script or index >= len(words):
        return None
    return ShellInvocation(words[index], tuple(words[index + 1 :]))


def simple_commands(invocation: ShellInvocation, environment: Mapping[str, str]) -> tuple[tuple[Word, ...], ...]:
    """Return the simple commands of the script in order, each as the words the program would receive.

    `$NAME` is replaced where the container's literal environment holds it and the script never sets it; every
    other expansion leaves its word unresolved. Leading assignments, redirections, `exec` and `eval` are peeled off.

    Raises:
        ShellSyntaxError: Unbalanced quotes or nesting too deep.
    """
    return _commands(invocation.script, invocation.parameters, environment, depth=0)


def _commands(
    script: Word, parameters: Sequence[Word], environment: Mapping[str, str], depth: int
) -> tuple[tuple[Word, ...], ...]:
    if depth > _MAXIMUM_NESTING or len(script.text) > _MAXIMUM_CHARACTERS:
        msg = "the script is nested too deeply or too long to be read"
        raise ShellSyntaxError(msg)
    known = _known_variables(script.text, environment)
    reader = ShellReader(script.text, script.position, known, parameters)
    commands: list[tuple[Word, ...]] = []
    for tokens in reader.commands():
        words = _program(tokens)
        if not words:
            continue
        if words[0].text == "eval":
            joined = Word(" ".join(word.text for word in words[1:]), script.position)
            commands.extend(_commands(joined, parameters, environment, depth + 1))
            continue
        nested = shell_invocation(words)
        if nested is not None:
            commands.extend(_commands(nested.script, nested.parameters, environment, depth + 1))
            continue
        if words[0].text in _ADDS_WORDS:
            words = (*words, Word(words[0].text, script.position, unresolved_at=0))
        commands.append(words)
    return tuple(commands)


def _known_variables(script: str, environment: Mapping[str, str]) -> dict[str, Word]:
    """Return the variables of the container that the script uses as they are, each placed in the environment."""
    if _CHANGES_ANY_VARIABLE.search(script):
        return {}
    changed = {match.group(1) or match.group(2) for match in _CHANGED_VARIABLE.finditer(script)}
    return {
        name: Word(value, ArgumentPosition("env", index))
        for index, (name, value) in enumerate(environment.items())
        if name not in changed
    }


def _program(tokens: Sequence[Word]) -> tuple[Word, ...]:
    """Drop reserved words, assignments and `exec` in front of the program."""
    index = 0
    while index < len(tokens):
        text = tokens[index].text
        if (
            text in _RESERVED_WORDS
            or text in {"exec", "command", "nohup", "time", "env"}
            or _ASSIGNMENT.match(text)
        ):
            index += 1
            continue
        break
    return tuple(tokens[index:])
