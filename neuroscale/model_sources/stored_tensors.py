"""The tensors of weight files, as their headers list them, and what follows from names, shapes and types alone."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Literal

Component = Literal[
    "input_embedding",
    "attention",
    "dense_feed_forward",
    "router",
    "routed_experts",
    "shared_experts",
    "normalisation",
    "output_head",
    "vision_tower",
    "audio_tower",
    "other",
]


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """One tensor of a weight file.

    Attributes:
        name: Name in the file.
        shape: Elements along each dimension, the slowest first.
        data_type: Stored type under the file format's own name, e.g. "BF16" or "Q4_K".
        stored_bytes: Bytes in the file.
    """

    name: str
    shape: tuple[int, ...]
    data_type: str
    stored_bytes: int

    @property
    def elements(self) -> int:
        """Numbers in the tensor; 1 for a scalar."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class NameRules:
    """How a file format names what a model is made of; the first expression that is found decides.

    Attributes:
        components: Component by expression, in order.
        expert_index: Finds the number of an expert in the name of its own tensor.
        layer_index: Finds the number of a layer.
        draft_layer: Found in a tensor of a layer that drafts tokens and is no part of the model.
        ignored: Found in tensors that are no parameters: scales, tables and buffers.
    """

    components: tuple[tuple[re.Pattern[str], Component], ...]
    expert_index: re.Pattern[str]
    layer_index: re.Pattern[str]
    draft_layer: re.Pattern[str]
    ignored: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class StoredWeights:
    """What the headers of weight files say.

    Attributes:
        files: Weight files.
        tensors: Tensors in them.
        stored_bytes: Bytes of all tensors: what a download and a disk must hold, headers apart.
        bytes_by_type: The same by stored type, the largest first.
        bytes_by_component: The same by component, without draft layers and without what is no parameter.
        parameters: Parameters of the model without draft layers; None when packed types hide them.
        routed_expert_parameters: Those of routed experts; None when packed types hide them.
        routed_experts: Routed experts of one layer; 0 when no name speaks of them.
        draft_parameters: Parameters of layers that draft tokens.
    """

    files: int
    tensors: int
    stored_bytes: int
    bytes_by_type: tuple[tuple[str, int], ...]
    parameters: int | None
    routed_expert_parameters: int | None
    routed_experts: int
    draft_parameters: int
    bytes_by_component: tuple[tuple[Component, int], ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the facts under stable names."""
        return {
            "files": self.files,
            "tensors": self.tensors,
            "stored_bytes": self.stored_bytes,
            "bytes_by_type": dict(self.bytes_by_type),
            "parameters": self.parameters,
            "routed_expert_parameters": self.routed_expert_parameters,
            "routed_experts": self.routed_experts,
            "draft_parameters": self.draft_parameters,
            "bytes_by_component": dict(self.bytes_by_component),
        }


@dataclass(frozen=True, slots=True)
class SortedTensors:
    """The tensors of a model by what they are for.

    Attributes:
        by_component: Tensors of each component, without draft layers and without what is no parameter.
        draft: Tensors of draft layers.
        layers: Layers that are no draft layers.
        expert_layers: Those with routed experts.
        routed_experts: Routed experts of the layer that has most.
    """

    by_component: Mapping[Component, tuple[StoredTensor, ...]]
    draft: tuple[StoredTensor, ...]
    layers: int
    expert_layers: int
    routed_experts: int

    def elements(self, component: Component) -> int:
        """Return the numbers stored for a component."""
        return sum(tensor.elements for tensor in self.by_component.get(component, ()))


def sort_tensors(tensors: Iterable[StoredTensor], rules: NameRules) -> SortedTensors:
    """Sort tensors by component."""
    kept = [tensor for tensor in tensors if rules.ignored.search(tensor.name) is None]
    draft_layers = {_layer(tensor, rules) for tensor in kept if rules.draft_layer.search(tensor.name)} - {None}
    by_component: dict[Component, list[StoredTensor]] = {}
    draft: list[StoredTensor] = []
    layers: set[int] = set()
    expert_layers: set[int | None] = set()
    experts: dict[int | None, set[int]] = {}
    for tensor in kept:
        layer = _layer(tensor, rules)
        if layer in draft_layers:
            draft.append(tensor)
            continue
        component = _component(tensor, rules)
        by_component.setdefault(component, []).append(tensor)
        if layer is not None and component not in {"vision_tower", "audio_tower"}:
            layers.add(layer)
        if component == "routed_experts":
            expert_layers.add(layer)
            index = rules.expert_index.search(tensor.name)
            # Without a number in the name all experts of the layer are stacked along the slowest dimension.
            found = range(tensor.shape[0] if tensor.shape else 0) if index is None else (int(index.group(1)),)
            experts.setdefault(layer, set()).update(found)
    return SortedTensors(
        by_component={component: tuple(found) for component, found in by_component.items()},
        draft=tuple(draft),
        layers=len(layers),
        expert_layers=len(expert_layers),
        routed_experts=max((len(found) for found in experts.values()), default=0),
    )


def summarise(
    tensors: tuple[StoredTensor, ...], found: SortedTensors, *, files: int, are_packed: bool
) -> StoredWeights:
    """Return what the headers say, in figures."""
    by_type: Counter[str] = Counter()
    for tensor in tensors:
        by_type[tensor.data_type] += tensor.stored_bytes
    total = sum(found.elements(component) for component in found.by_component)
    return StoredWeights(
        files=files,
        tensors=len(tensors),
        stored_bytes=by_type.total(),
        bytes_by_type=tuple(by_type.most_common()),
        parameters=None if are_packed else total,
        routed_expert_parameters=None if are_packed else found.elements("routed_experts"),
        routed_experts=found.routed_experts,
        draft_parameters=0 if are_packed else sum(tensor.elements for tensor in found.draft),
        bytes_by_component=tuple(
            (component, sum(tensor.stored_bytes for tensor in sorted_tensors))
            for component, sorted_tensors in found.by_component.items()
        ),
    )


def _layer(tensor: StoredTensor, rules: NameRules) -> int | None:
    found = rules.layer_index.search(tensor.name)
    return None if found is None else int(found.group(1))


def _component(tensor: StoredTensor, rules: NameRules) -> Component:
    return next((component for pattern, component in rules.components if pattern.search(tensor.name)), "other")
