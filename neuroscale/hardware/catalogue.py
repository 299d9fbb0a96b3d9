"""The accelerators we know, and which of them a node's labels name."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import cast

from neuroscale.errors import InvalidInputError
from neuroscale.hardware.accelerator import Accelerator

_MEMORY_LABEL = "nvidia.com/gpu.memory"
_PRODUCT_LABEL = "nvidia.com/gpu.product"
_INSTANCE_TYPE_LABEL = "node.kubernetes.io/instance-type"
# Labels of nodes whose accelerators are cut up or lent to several pods at a time.
_PARTITION_LABELS = frozenset(
    {"cloud.google.com/gke-gpu-partition-size", "cloud.google.com/gke-gpu-sharing-strategy"}
)
_REPLICAS_LABEL = "nvidia.com/gpu.replicas"
_MEBIBYTE = 2**20
_MAXIMUM_DIGITS = 12


@cache
def load_accelerators() -> Mapping[str, Accelerator]:
    """Return every accelerator by name, in the order of the data file."""
    text = (files("neuroscale.hardware") / "data" / "accelerators.json").read_text(encoding="utf-8")
    records = cast("list[dict[str, object]]", json.loads(text)["accelerators"])
    accelerators = (_accelerator(record) for record in records)
    return MappingProxyType({accelerator.name: accelerator for accelerator in accelerators})


def accelerator_by_name(name: str) -> Accelerator:
    """Return the accelerator called `name`.

    Raises:
        InvalidInputError: No accelerator has that name; the fix lists those that exist.
    """
    accelerators = load_accelerators()
    if name in accelerators:
        return accelerators[name]
    raise InvalidInputError(
        f"unknown accelerator {name!r}", field="accelerator", fix=f"use one of: {', '.join(accelerators)}"
    )


def accelerators_for_labels(labels: Mapping[str, str]) -> tuple[Accelerator, ...]:
    """Return every accelerator that a node with these labels may hold; empty when the labels do not tell.

    Several labels narrow each other. A label value that names no whole device we know (`-SHARED`, `-MIG-1g.10gb`,
    a new product) makes the answer empty, because whatever else is on the node, a pod gets something else; so does
    a label that says the node's accelerators are partitioned or shared. The memory that GPU feature discovery
    reports replaces the table's upper bound.
    Source: NVIDIA k8s-device-plugin 2026-08-19, GPU feature discovery labels.
    """
    return accelerators_for_label_choices({label: (value,) for label, value in labels.items()})


def accelerators_for_label_choices(choices: Mapping[str, Sequence[str]]) -> tuple[Accelerator, ...]:
    """Return every accelerator that may be on a node which has one of the given values of each label.

    As `accelerators_for_labels`, but each label names what its values name together; one value that names no whole
    device we know makes the answer empty.
    """
    if _PARTITION_LABELS & choices.keys():
        return ()
    if any((_whole_number(value) or 1) > 1 for value in choices.get(_REPLICAS_LABEL, ())):
        return ()
    named: list[frozenset[str]] = []
    for label, names_by_value in _names_by_label().items():
        if label not in choices:
            continue
        names = [names_by_value.get(value, frozenset()) for value in choices[label]]
        if all(names) or label != _INSTANCE_TYPE_LABEL:
            named.append(frozenset().union(*names) if all(names) else frozenset())
    if not named:
        return ()
    candidates = frozenset.intersection(*named)
    found = tuple(accelerator for name, accelerator in load_accelerators().items() if name in candidates)
    reported = [_whole_number(value) for value in choices.get(_MEMORY_LABEL, ())]
    if len(reported) != 1 or not reported[0] or _PRODUCT_LABEL not in choices:
        return found
    memory_bytes = reported[0] * _MEBIBYTE
    return tuple(replace(accelerator, memory_bytes=memory_bytes) for accelerator in found)


# A cluster view asks about every node of a cluster at once.
@cache
def _names_by_label() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Return label to value to the names of the accelerators that carry both."""
    names: dict[str, dict[str, set[str]]] = {}
    for accelerator in load_accelerators().values():
        for label, value in accelerator.node_labels:
            names.setdefault(label, {}).setdefault(value, set()).add(accelerator.name)
    return {
        label: {value: frozenset(chosen) for value, chosen in by_value.items()} for label, by_value in names.items()
    }


def _whole_number(text: str | None) -> int | None:
    """Return the number in a label value, None when there is none."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > _MAXIMUM_DIGITS:
        return None
    return int(text)


def _capability(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    major, _, minor = text.partition(".")
    return int(major), int(minor)


def _accelerator(record: Mapping[str, object]) -> Accelerator:
    return Accelerator(
        name=cast("str", record["name"]),
        vendor=cast("str", record["vendor"]),
        resource_name=cast("str", record["resource_name"]),
        compute_capability=_capability(cast("str | None", record["compute_capability"])),
        memory_bytes=cast("int", record["memory_bytes"]),
        memory_bandwidth_bytes_per_second=cast("int", record["memory_bandwidth_bytes_per_second"]),
        bfloat16_flops=cast("int | None", record["bfloat16_flops"]),
        float8_flops=cast("int | None", record["float8_flops"]),
        float4_flops=cast("int | None", record["float4_flops"]),
        interconnect=cast("str | None", record["interconnect"]),
        interconnect_bytes_per_second=cast("int | None", record["interconnect_bytes_per_second"]),
        interconnect_accelerators=cast("int | None", record["interconnect_accelerators"]),
        pcie_bytes_per_second=cast("int", record["pcie_bytes_per_second"]),
        accelerators_per_node=cast("int", record["accelerators_per_node"]),
        node_labels=tuple((label, value) for label, value in cast("list[list[str]]", record["node_labels"])),
        source=cast("str", record["source"]),
        interconnect_source=cast("str", record["interconnect_source"]),
        float16_flops=cast("int | None", record.get("float16_flops")),
    )
