"""Patterns by which a checkpoint names modules: to keep them out of quantisation, or to give them a format."""

import fnmatch
import re
from collections.abc import Iterable, Sequence
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
_MAXIMUM_PATTERNS = 2**16
_WHOLE_LAYER = re.compile(r"\*?")


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
        self._general = tuple(sorted(set(general)))
        self._expressions = tuple(expressions)
        self._by_layer = {layer: tuple(sorted(set(rest))) for layer, rest in by_layer.items()}

    def layers_by_answer(self, modules: LinearModules) -> dict[Answer, int]:
        """Return in how many layers the list names the modules, possibly names them, and does not.

        A pattern that covers a feed-forward without a word about experts only possibly means the routed ones:
        families differ in whether their experts stand in it.
        """
        answers: dict[Answer, int] = {"named": 0, "possible": 0, "not named": 0}
        otherwise: Answer = "not named" if self.is_readable else "possible"
        for layer in modules.layers:
            answer = _relative_answer(modules.component, modules.name, self._general)
            if answer != "named" and layer in self._by_layer:
                answer = _stronger(answer, _relative_answer(modules.component, modules.name, self._by_layer[layer]))
            if answer != "named" and self._expressions:
                answer = _stronger(answer, self._expression_answer(modules, layer))
            answers[_stronger(answer, otherwise)] += 1
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


@lru_cache(maxsize=8192)
def _relative_answer(component: str, name: str, patterns: tuple[str, ...]) -> Answer:
    # A wildcard may ask for the dot that stands before the name.
    names = [f".{spelling}" for spelling in spellings(name)]
    matching = [
        pattern
        for pattern in patterns
        if _WHOLE_LAYER.fullmatch(pattern) or any(_matcher(pattern).search(spelling) for spelling in names)
    ]
    return _answer(component, matching)


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


@lru_cache(maxsize=8192)
def _matcher(pattern: str) -> re.Pattern[str]:
    if any(character in pattern for character in "*?["):
        return re.compile(fnmatch.translate(pattern if pattern.endswith("*") else f"{pattern}*"))
    return re.compile(rf"(?:^|\.){re.escape(pattern)}(?:\.|$)")


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
