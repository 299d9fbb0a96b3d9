"""Which parts of a model a quantised checkpoint leaves in their original precision."""

import fnmatch
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Component = Literal[
    "attention", "dense_feed_forward", "routed_experts", "shared_experts", "output_head", "vision_tower", "other"
]

_ATTENTION = tuple(f"layers.{{layer}}.self_attn.{name}" for name in ("q_proj", "k_proj", "v_proj", "o_proj"))
_MODULES: dict[Component, tuple[str, ...]] = {
    "attention": _ATTENTION,
    "dense_feed_forward": tuple(f"layers.{{layer}}.mlp.{name}" for name in ("gate_proj", "up_proj", "down_proj")),
    "routed_experts": tuple(
        f"layers.{{layer}}.mlp.experts.0.{name}" for name in ("gate_proj", "up_proj", "down_proj")
    ),
    "shared_experts": tuple(
        f"layers.{{layer}}.mlp.shared_experts.{name}" for name in ("gate_proj", "up_proj", "down_proj")
    ),
    "output_head": ("lm_head",),
    "vision_tower": ("vision_tower.layers.{layer}.self_attn.q_proj", "vision_tower.layers.{layer}.mlp.fc1"),
    "other": (),
}
_NAMES_EXPERTS = re.compile(r"(?<!shared_)experts?(?![a-z_])")
_MENTIONS: dict[Component, re.Pattern[str]] = {
    "attention": re.compile(r"attn|attention|mixer|linear_att"),
    "dense_feed_forward": re.compile(r"mlp(?!.*(?:expert|router|\bgate(?:\.|$)))|feed_forward|ffn|residual"),
    # Families differ in where the experts live: "mlp*" holds them in one and not in another. Only a pattern that
    # names them speaks about them.
    "routed_experts": _NAMES_EXPERTS,
    "shared_experts": re.compile(r"shared"),
    "output_head": re.compile(r"lm_head|output"),
    "vision_tower": re.compile(r"vision|visual|image|audio|multi_modal|mm_"),
    "other": re.compile(r""),
}
# The part of the regular-expression language that such lists use. Repetition is for "." and digits only, and
# lookaheads are not read, so that no pattern of a stranger's configuration can be slow or match by absence.
_READABLE_EXPRESSION = re.compile(r"(?:[\w\-/^$|]|\\[.\-_/]|\.[*+]?|\\d[*+]?|\((?:\?:)?(?!\?)|\)(?![*+?{]))*")
_REPETITION = re.compile(r"[*+]")
_MAXIMUM_REPETITIONS = 2
_MAXIMUM_PATTERNS = 2048


@dataclass(frozen=True, slots=True)
class Exclusion:
    """How much of a component keeps its original precision: certainly all of it, or possibly some of it."""

    is_whole: bool
    is_possible: bool


# A checkpoint's patterns are matched against every layer's modules, while sizing asks anew for every plan.
@lru_cache(maxsize=1024)
def exclusion(component: Component, patterns: tuple[str, ...], layers: int) -> Exclusion:
    """Return whether `patterns` keep a component out of quantisation.

    Args:
        component: The part of the model.
        patterns: `modules_to_not_convert`, `ignore` or `exclude_modules` of the checkpoint: plain names, dotted
            fragments, `*` wildcards, or `re:` regular expressions.
        layers: Hidden layers, to see whether an enumeration covers all of them.

    Source: transformers 5.23.0 `modules_to_not_convert`, compressed-tensors `ignore`, ModelOpt `exclude_modules`.
    """
    mentions = _MENTIONS[component]
    is_possible = any(mentions.search(pattern) for pattern in patterns)
    if not is_possible or len(patterns) > _MAXIMUM_PATTERNS:
        return Exclusion(is_whole=False, is_possible=is_possible)
    names = tuple(
        dict.fromkeys(template.format(layer=layer) for template in _MODULES[component] for layer in range(layers))
    )
    if component == "routed_experts":
        patterns = tuple(pattern for pattern in patterns if _NAMES_EXPERTS.search(pattern))
    matchers = tuple(filter(None, (_matcher(pattern) for pattern in patterns)))
    is_whole = bool(names) and all(any(matcher.search(name) for matcher in matchers) for name in names)
    return Exclusion(is_whole, is_possible)


def _matcher(pattern: str) -> re.Pattern[str] | None:
    if pattern.startswith("re:"):
        # Names here start at "layers.", so an expression must not insist on the start; a search needs no ".*".
        expression = pattern[3:].removeprefix("^").removeprefix(".*").removesuffix("$").removesuffix(".*")
        if (
            not _READABLE_EXPRESSION.fullmatch(expression)
            or len(_REPETITION.findall(expression)) > _MAXIMUM_REPETITIONS
        ):
            return None
        try:
            return re.compile(expression)
        except re.error:
            return None
    tail = pattern
    if pattern.endswith("lm_head"):
        tail = "lm_head"
    elif "layers." in pattern and "vision" not in pattern:
        tail = pattern[pattern.index("layers.") :]
    if any(character in tail for character in "*?["):
        return re.compile(fnmatch.translate(tail if tail.endswith("*") else f"{tail}*"))
    return re.compile(rf"(?:^|\.){re.escape(tail)}(?:\.|$)")
