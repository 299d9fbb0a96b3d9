"""Sort the parameters of a built model into components, by the modules that hold them and by their names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COMPONENTS = (
    "total",
    "input_embedding",
    "output_head",
    "router",
    "routed_experts",
    "shared_experts",
    "vision_tower",
    "audio_tower",
)
_EXPERT_COUNTS = ("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts")


@dataclass(frozen=True, slots=True)
class ComponentNames:
    """Patterns of parameter names, searched for; the first component in the order of the fields that matches wins.

    The input embedding and the output head are found by their modules; their patterns name what else belongs. What
    is not counted is a buffer in transformers that vLLM keeps as a parameter.
    """

    uncounted: str = ""
    audio_tower: str = r"audio|speech"
    vision_tower: str = r"vision|visual|image|multi_modal_projector|mm_projector|multimodal_projection"
    input_embedding: str = r"embed_tokens_per_layer"
    output_head: str = r"^lm_head\."
    shared_experts: str = r"shared_expert|shared_mlp"
    routed_experts: str = r"\.experts\."
    router: str = r"\.router\.|\.gate\.(weight|bias|e_score_correction_bias)$"


def count_components(model: Any, names: ComponentNames) -> dict[str, int]:
    """Return parameters by component; a tied weight counts once, where it is read first.

    Routed experts that are but one per layer are no mixture and are not counted as routed; beside none at all, what
    a class calls a shared expert is a dense feed-forward.
    """
    modules = {
        "input_embedding": model.get_input_embeddings(),
        "output_head": model.get_output_embeddings(),
    }
    owners: dict[int, str] = {}
    for component, module in modules.items():
        for parameter in () if module is None else module.parameters():
            owners.setdefault(id(parameter), component)
    counts = dict.fromkeys(COMPONENTS, 0)
    for name, parameter in model.named_parameters():
        owner = owners.get(id(parameter)) or _named(name, names)
        if owner == "uncounted":
            continue
        counts["total"] += parameter.numel()
        if owner is not None:
            counts[owner] += parameter.numel()
    if counts["routed_experts"] == 0:
        counts["shared_experts"] = 0
    if expert_count(model.config) == 1:
        counts["routed_experts"] = 0
    return counts


def expert_count(config: Any) -> int | None:
    """Return the largest number of experts that the built configuration states, None when it states none."""
    text = config.get_text_config()
    stated = [getattr(text, name, None) for name in _EXPERT_COUNTS]
    numbers = [max(value) if isinstance(value, list) else value for value in stated if value]
    return max(numbers, default=None)


def compared(recorded: Mapping[str, int], counted: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Return the components in which two counts differ, with both figures."""
    return {name: (recorded[name], counted[name]) for name in COMPONENTS if recorded[name] != counted[name]}


def _named(name: str, names: ComponentNames) -> str | None:
    for component in ComponentNames.__dataclass_fields__:
        pattern = getattr(names, component)
        if pattern and re.search(pattern, name):
            return component
    return None
