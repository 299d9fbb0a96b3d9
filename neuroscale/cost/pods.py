"""From the containers that cost tooling lists to the endpoints that people own."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from neuroscale.architecture.profile import PROFILE_ANNOTATION, read_profile
from neuroscale.architecture.reader import read_architecture
from neuroscale.cost.footprint import ModelFootprint, footprint_of, footprint_of_labels
from neuroscale.cost.usage import EndpointUsage, TokenCounts
from neuroscale.errors import NeuroScaleError
from neuroscale.hardware.catalogue import accelerators_for_labels, load_accelerators

OWNER_LABEL = "owner"
COST_CENTER_LABEL = "cost-center"
_FACT_LABELS = ("model-architecture", "active-param-ratio", "total-params")
_INFERENCE_SERVICE = "serving.kserve.io/inferenceservice"
_NAME, _PART_OF, _LLM_INFERENCE_SERVICE = (
    "app.kubernetes.io/name",
    "app.kubernetes.io/part-of",
    "llminferenceservice",
)
# Labels of nodes that say what a device is not, beside those of the table of accelerators.
_DEVICE_LABELS = (
    "nvidia.com/gpu.memory",
    "nvidia.com/gpu.replicas",
    "cloud.google.com/gke-gpu-partition-size",
    "cloud.google.com/gke-gpu-sharing-strategy",
)
_NOT_OF_A_NAME = re.compile(r"[^A-Za-z0-9_]")


@dataclass(frozen=True, slots=True)
class ContainerUsage:
    """What one container held over a window.

    Attributes:
        namespace: Its namespace.
        pod: Its pod.
        controller: What made the pod; None where that is not known.
        labels: Labels of the pod and its node, under the names that Prometheus allows: underscores for the rest.
        annotations: Annotations of the pod, under such names.
        accelerator_hours: Hours of accelerators.
        processor_core_hours: Hours of CPU cores.
        memory_gibibyte_hours: Hours of GiB of memory.
        billed: What the tool bills for it.
    """

    namespace: str
    pod: str
    controller: str | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    accelerator_hours: Decimal
    processor_core_hours: Decimal
    memory_gibibyte_hours: Decimal
    billed: Decimal


@dataclass(frozen=True, slots=True)
class PodTokens:
    """What the engine of one pod counted over a window; a count that it does not report is None.

    Attributes:
        prompt_tokens: Tokens of prompts.
        generated_tokens: Tokens of answers.
        cached_prompt_tokens: Those of prompts that the prefix cache held.
        flops_per_accelerator: Operations of one accelerator, summed over the engines in the pod.
        engine_hours: Hours that those engines ran.
    """

    prompt_tokens: int | None
    generated_tokens: int | None
    cached_prompt_tokens: int | None = None
    flops_per_accelerator: int | None = None
    engine_hours: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Statements:
    """What a person states about endpoints, by "namespace/name"; it wins over what is read.

    Attributes:
        models: Repositories of their models.
        accelerators: Kinds of their accelerators.
        default_accelerator: Kind of those that neither a person nor a label names.
    """

    models: Mapping[str, str] = field(default_factory=dict)
    accelerators: Mapping[str, str] = field(default_factory=dict)
    default_accelerator: str | None = None


NOTHING_STATED = Statements()


def label_key(name: str) -> str:
    """Return the name of a label as Prometheus and OpenCost write it: an underscore for each sign but a letter."""
    return _NOT_OF_A_NAME.sub("_", name)


def endpoints_of(
    containers: Iterable[ContainerUsage],
    tokens: Mapping[tuple[str, str], PodTokens] | None = None,
    statements: Statements = NOTHING_STATED,
) -> tuple[EndpointUsage, ...]:
    """Return the endpoints that the containers belong to and that held accelerators, by name.

    An endpoint is an InferenceService or LLMInferenceService by the labels that KServe puts on its pods, else what
    made the pod. Containers without accelerators, such as a proxy beside an engine, count for processor and memory.

    Args:
        containers: What cost tooling lists, one entry for each container or more.
        tokens: What engines counted, by namespace and pod.
        statements: What a person states beside it.
    """
    members: dict[tuple[str, str], list[ContainerUsage]] = {}
    for container in containers:
        members.setdefault((container.namespace, _endpoint_name(container)), []).append(container)
    return tuple(
        _endpoint(namespace, name, parts, tokens or {}, statements)
        for (namespace, name), parts in sorted(members.items())
        if any(part.accelerator_hours > 0 for part in parts)
    )


def _endpoint_name(container: ContainerUsage) -> str:
    labels = container.labels
    if name := labels.get(label_key(_INFERENCE_SERVICE)):
        return name
    if labels.get(label_key(_PART_OF)) == _LLM_INFERENCE_SERVICE and (name := labels.get(label_key(_NAME))):
        return name
    return container.controller or container.pod


def _endpoint(
    namespace: str,
    name: str,
    parts: Sequence[ContainerUsage],
    tokens: Mapping[tuple[str, str], PodTokens],
    statements: Statements,
) -> EndpointUsage:
    holding = [part for part in parts if part.accelerator_hours > 0]
    hours = sum((part.accelerator_hours for part in holding), Decimal(0))
    model, footprint = _model(holding)
    title = f"{namespace}/{name}"
    return EndpointUsage(
        namespace=namespace,
        name=name,
        accelerator_hours=hours,
        model=statements.models.get(title, model),
        owner=_common([part.labels.get(label_key(OWNER_LABEL)) for part in holding]),
        cost_center=_common([part.labels.get(label_key(COST_CENTER_LABEL)) for part in holding]),
        accelerator=statements.accelerators.get(title) or _accelerator(holding) or statements.default_accelerator,
        processor_core_hours=sum((part.processor_core_hours for part in parts), Decimal(0)),
        memory_gibibyte_hours=sum((part.memory_gibibyte_hours for part in parts), Decimal(0)),
        billed=sum((part.billed for part in parts), Decimal(0)),
        tokens=_tokens([tokens[pod] for pod in _pods(parts) if pod in tokens], hours),
        footprint=footprint,
    )


def _pods(parts: Sequence[ContainerUsage]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((part.namespace, part.pod) for part in parts))


def _common(values: Iterable[str | None]) -> str | None:
    """Return the value that all have; None when one has none, or they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _model(parts: Sequence[ContainerUsage]) -> tuple[str | None, ModelFootprint | None]:
    """Return the model and its footprint, from the profile on the pods, else the footprint from their labels.

    The profile's signature is not checked here: it is for admission to refuse what is not signed.
    """
    text = _common(part.annotations.get(label_key(PROFILE_ANNOTATION)) for part in parts)
    labels = {name: _common(part.labels.get(label_key(name)) for part in parts) or "" for name in _FACT_LABELS}
    of_labels = footprint_of_labels(labels)
    if text is None:
        return None, of_labels
    try:
        profile = read_profile(text)
        return profile.repository, footprint_of(read_architecture(profile.config)) or of_labels
    except NeuroScaleError:
        return None, of_labels


def _accelerator(parts: Sequence[ContainerUsage]) -> str | None:
    """Return the kind that the labels of all nodes name alone."""
    return _common(_named_accelerator(part.labels) for part in parts)


def _named_accelerator(labels: Mapping[str, str]) -> str | None:
    names = {label for accelerator in load_accelerators().values() for label, _ in accelerator.node_labels}
    known = {name: labels[label_key(name)] for name in (*names, *_DEVICE_LABELS) if label_key(name) in labels}
    found = accelerators_for_labels(known)
    return found[0].name if len(found) == 1 else None


def _tokens(pods: Sequence[PodTokens], accelerator_hours: Decimal) -> TokenCounts | None:
    """Return the tokens of an endpoint; None as soon as an engine reports one of both counts and not the other."""
    prompt = [pod.prompt_tokens for pod in pods]
    generated = [pod.generated_tokens for pod in pods]
    if not pods or None in prompt or None in generated:
        return None
    cached = [pod.cached_prompt_tokens for pod in pods]
    return TokenCounts(
        prompt_tokens=_whole(prompt),
        generated_tokens=_whole(generated),
        cached_prompt_tokens=None if None in cached else _whole(cached),
        estimated_flops=_flops(pods, accelerator_hours),
    )


def _flops(pods: Sequence[PodTokens], accelerator_hours: Decimal) -> int | None:
    """Return the operations of all accelerators: those of one per engine-hour, times accelerator-hours.

    Engines report the operations of one of their accelerators; how many an engine has is what accelerator-hours by
    engine-hours come to. 0 is what an engine reports that does not count.
    """
    per_accelerator = _whole([pod.flops_per_accelerator for pod in pods])
    hours = sum((pod.engine_hours or Decimal(0) for pod in pods), Decimal(0))
    if per_accelerator <= 0 or hours <= 0 or any(not pod.flops_per_accelerator for pod in pods):
        return None
    return int(per_accelerator * accelerator_hours / hours)


def _whole(counts: Sequence[int | None]) -> int:
    return sum(count or 0 for count in counts)
