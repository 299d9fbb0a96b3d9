"""Patterns by which a checkpoint names modules: to keep them out of quantisation, or to give them a format."""

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from neuroscale.architecture.model import LinearModules
from neuroscale.sizing.module_names import spellings

Answer = Literal["named", "possible", "not named"]

# A name that starts at a layer: what stands before the number, and after it.
_OF_LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks)\.(?P<layer>\d+|\*)(?P<rest>(?:[.*].*)?)$")
# Layers that are not the language model's: towers, and those that draft tokens.
_ELSEWHERE = re.compile(r"(?:^|\.)(?:mtp|draft|encoder|v(?:ision|isual)|audio)|vision_|audio_|_tower")
_NAMES_EXPERTS = re.compile(r"(?<!shared_)experts?(?![a-z_])")
# The part of the regular-expression language that such lists use. Repetition is for "." and digits only, and
# lookaheads are not read, so that no pattern of a stranger's configuration can be slow or match by absence.
_READABLE_EXPRESSION = re.compile(r"(?:[\w\-/^$|]|\\[.\-_/]|\.[*+]?|\\d[*+]?|\((?:\?:)?(?!\?)|\)(?![*+?{]))*")
_REPETITION = re.compile(r"[*+]")
_MAXIMUM_REPETITIONS = 2
_WHOLE_LAYER = re.compile(r"\*?")
_WILDCARDS = re.compile(r"[*?\[]")
# A list that is longer, or a pattern that is more intricate, than any checkpoint's is not read: whatever it names
# is possible. Plain names are looked up and may be as many as a configuration holds.
_MAXIMUM_PATTERNS = 2**16
_MAXIMUM_WILDCARD_PATTERNS = 512
_MAXIMUM_WILDCARDS = 8
_MAXIMUM_EXPRESSIONS_TIMES_LAYERS = 2**11


class ModulePatterns:
    """A checkpoint's list of names: plain ones, dotted fragments, `*` wildcards and `re:` regular expressions.

    Layers of which the list says the same are looked at once: a list may name every module of every layer.

    Source: transformers 5.23.0 `modules_to_not_convert`, compressed-tensors `ignore` and `targets`, ModelOpt
    `exclude_modules`.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        general: list[str] = []
        expressions: list[re.Pattern[str]] = []
        by_layer: dict[int, list[str]] = {}
        self.is_readable = len(patterns) <= _MAXIMUM_PATTERNS
        for pattern in patterns[:_MAXIMUM_PATTERNS]:
            if pattern.startswith("re:"):
                expression = _expression(pattern)
                if expression is None:
                    self.is_readable = False
                else:
                    expressions.append(expression)
                continue
            found = _OF_LAYER.search(pattern)
            if found is not None and _ELSEWHERE.search(pattern, 0, found.start("layer")):
                continue
            if found is None:
                if pattern:
                    general.append(pattern)
            elif found["layer"] == "*":
                general.append(found["rest"].lstrip(".") or "*")
            else:
                by_layer.setdefault(int(found["layer"]), []).append(found["rest"].lstrip("."))
        wild = {name for names in (general, *by_layer.values()) for name in names if _WILDCARDS.search(name)}
        readable = {name for name in wild if len(_WILDCARDS.findall(name)) <= _MAXIMUM_WILDCARDS}
        if len(readable) < len(wild) or len(readable) > _MAXIMUM_WILDCARD_PATTERNS:
            self.is_readable = False
        matchers = {name: _matcher(name) for name in sorted(readable)[:_MAXIMUM_WILDCARD_PATTERNS]}
        self._general = _Names.of(general, matchers)
        self._expressions = tuple(expressions)
        self._by_layer = {layer: _Names.of(rest, matchers) for layer, rest in by_layer.items()}

    def layers_by_answer(self, modules: LinearModules) -> dict[Answer, int]:
        """Return in how many layers the list names the modules, possibly names them, and does not.

        A pattern that covers a feed-forward without a word about experts only possibly means the routed ones:
        families differ in whether their experts stand in it.
        """
        answers: dict[Answer, int] = {"named": 0, "possible": 0, "not named": 0}
        # A wildcard may ask for the dot that stands before the name.
        names = [f".{spelling}" for spelling in spellings(modules.name)]
        searches = len(self._expressions) * len(modules.layers)
        are_searched = 0 < searches <= _MAXIMUM_EXPRESSIONS_TIMES_LAYERS
        is_read = self.is_readable and (are_searched or not searches)
        otherwise: Answer = "not named" if is_read else "possible"
        everywhere = _stronger(otherwise, self._general.answer(modules.component, names))
        for layer in modules.layers:
            answer = everywhere
            if answer != "named" and layer in self._by_layer:
                answer = _stronger(answer, self._by_layer[layer].answer(modules.component, names))
            if answer != "named" and are_searched:
                answer = _stronger(answer, self._expression_answer(modules, layer))
            answers[answer] += 1
        return answers

    def layers_named(self, modules: LinearModules) -> int:
        """Return in how many layers the list certainly names the modules."""
        return self.layers_by_answer(modules)["named"]

    def _expression_answer(self, modules: LinearModules, layer: int) -> Answer:
        names = [f"layers.{layer}.{name}" for name in spellings(modules.name)]
        matching = [
            expression for expression in self._expressions if any(expression.search(name) for name in names)
        ]
        return _answer(modules.component, [expression.pattern for expression in matching])


@lru_cache(maxsize=512)
def module_patterns(patterns: tuple[str, ...]) -> ModulePatterns:
    """Return a list of patterns ready to be asked."""
    return ModulePatterns(patterns)


@dataclass(frozen=True, slots=True)
class _Names:
    """Names below a layer: plain ones to look up, and those with wildcards to search for."""

    plain: frozenset[str]
    wild: tuple[tuple[str, re.Pattern[str]], ...]

    @classmethod
    def of(cls, names: Iterable[str], matchers: Mapping[str, re.Pattern[str]]) -> "_Names":
        """Return names with the matchers of those that have any; others with wildcards are left out."""
        distinct = frozenset(names)
        return cls(
            plain=frozenset(name for name in distinct if not _WILDCARDS.search(name)),
            wild=tuple((name, matchers[name]) for name in sorted(distinct & matchers.keys())),
        )

    def answer(self, component: str, names: Sequence[str]) -> Answer:
        """Return what the names say about a module of these spellings, each with a dot before it."""
        matching = [part for name in names for part in _dotted_parts(name) if part in self.plain]
        if "" in self.plain:
            matching.append("")
        matching += [
            pattern
            for pattern, matcher in self.wild
            if _WHOLE_LAYER.fullmatch(pattern) or any(matcher.search(name) for name in names)
        ]
        return _answer(component, matching)


@lru_cache(maxsize=2048)
def _dotted_parts(name: str) -> tuple[str, ...]:
    """Return every part of a name that begins at its start or behind a dot, and ends at its end or before a dot."""
    dots = [index for index, character in enumerate(name) if character == "."]
    begins = (0, *(index + 1 for index in dots))
    ends = (*dots, len(name))
    return tuple(name[begin:end] for begin in begins for end in ends if begin < end)


def _answer(component: str, matching: Iterable[str]) -> Answer:
    answer: Answer = "not named"
    for pattern in matching:
        is_about = (
            component != "routed_experts" or _NAMES_EXPERTS.search(pattern) or _WHOLE_LAYER.fullmatch(pattern)
        )
        if is_about:
            return "named"
        answer = "possible"
    return answer


def _stronger(one: Answer, other: Answer) -> Answer:
    strengths: tuple[Answer, ...] = ("not named", "possible", "named")
    return max(one, other, key=strengths.index)


@lru_cache(maxsize=2048)
def _matcher(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern if pattern.endswith("*") else f"{pattern}*"))


def _expression(pattern: str) -> re.Pattern[str] | None:
    # Names here start at "layers.", so an expression must not insist on the start; a search needs no ".*".
    expression = pattern[3:].removeprefix("^").removeprefix(".*").removesuffix("$").removesuffix(".*")
    if not _READABLE_EXPRESSION.fullmatch(expression):
        return None
    if len(_REPETITION.findall(expression)) > _MAXIMUM_REPETITIONS:
        return None
    try:
        return re.compile(expression)
    except re.error:
        return None
