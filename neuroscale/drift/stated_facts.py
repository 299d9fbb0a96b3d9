"""What an object states that rules read: each fact by name, with its place, to compare with another copy's."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from neuroscale.architecture.labels import ACTIVE_RATIO_LABEL, ARCHITECTURE_LABEL, TOTAL_PARAMETERS_LABEL
from neuroscale.architecture.profile import PROFILE_ANNOTATION
from neuroscale.engines.settings import EngineSettings
from neuroscale.manifests.autoscaler import Autoscaler
from neuroscale.manifests.autoscaling import read_autoscalers
from neuroscale.manifests.container import ResourceAmount
from neuroscale.manifests.object import FieldPath, ManifestObject
from neuroscale.manifests.quantity import parse_quantity
from neuroscale.manifests.workload import ServingWorkload

_LABELS = ("owner", "cost-center", ARCHITECTURE_LABEL, ACTIVE_RATIO_LABEL, TOTAL_PARAMETERS_LABEL)
_NOT_SHOWN = "(not shown)"
_LONGEST_VALUE = 300
_RESOURCES = ("cpu", "memory", "ephemeral-storage")
# Variables of the engines; any other may hold anything, and no rule reads it.
_ENGINE_VARIABLES = ("VLLM_", "SGLANG_", "TRTLLM_", "TLLM_")
_SECRET_WORDS = frozenset({"key", "keys", "token", "password", "secret", "credential", "credentials"})
_WORDS = re.compile(r"[A-Za-z0-9]+")
# Facts of the settings by their name in the field, with the options that state them in one engine or another.
_SETTINGS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "tensor parallel size",
        "tensor_parallel_size",
        ("--tensor-parallel-size", "--tp-size", "--tp_size", "--num-shard"),
    ),
    ("pipeline parallel size", "pipeline_parallel_size", ("--pipeline-parallel-size", "--pp-size", "--pp_size")),
    ("context parallel size", "prefill_context_parallel_size", ("--prefill-context-parallel-size", "--cp_size")),
    (
        "decode context parallel size",
        "decode_context_parallel_size",
        ("--decode-context-parallel-size", "--dcp-size"),
    ),
    ("data parallel size", "data_parallel_size", ("--data-parallel-size", "--dp-size")),
    ("data parallel size of a node", "data_parallel_size_local", ("--data-parallel-size-local",)),
    ("attention data parallel size", "attention_data_parallel_size", ("--attn-dp-size",)),
    ("attention context parallel size", "attention_context_parallel_size", ("--attn-cp-size",)),
    ("expert parallel size", "expert_parallel_size", ("--ep-size", "--ep_size")),
    ("expert data parallel size", "expert_data_parallel_size", ("--moe-dp-size",)),
    ("expert parallel", "enable_expert_parallel", ("--enable-expert-parallel",)),
    ("nodes", "nodes", ("--nnodes",)),
    (
        "maximum model length",
        "maximum_model_length_tokens",
        ("--max-model-len", "--context-length", "--max_seq_len", "--max-total-tokens"),
    ),
    (
        "maximum sequences",
        "maximum_sequences",
        ("--max-num-seqs", "--max-running-requests", "--max_batch_size", "--max-batch-size"),
    ),
    (
        "accelerator memory share",
        "gpu_memory_utilization",
        ("--gpu-memory-utilization", "--mem-fraction-static", "--cuda-memory-fraction"),
    ),
    ("quantisation", "quantization", ("--quantization", "--quantize")),
    ("KV cache type", "kv_cache_data_type", ("--kv-cache-dtype",)),
    ("data type", "data_type", ("--dtype",)),
)
_NAMED_OPTIONS = frozenset(option for _, _, options in _SETTINGS for option in options) | {
    "--model",
    "--model-path",
    "--model-id",
}
_REPLICAS: Mapping[str, tuple[tuple[str, FieldPath], ...]] = {
    "InferenceService": (
        ("minimum replicas", ("spec", "predictor", "minReplicas")),
        ("maximum replicas", ("spec", "predictor", "maxReplicas")),
    ),
    "LLMInferenceService": (("replicas", ("spec", "replicas")),),
    "Deployment": (("replicas", ("spec", "replicas")),),
    "StatefulSet": (("replicas", ("spec", "replicas")),),
    "LeaderWorkerSet": (("replicas", ("spec", "replicas")),),
}


@dataclass(frozen=True, slots=True)
class StatedFact:
    """One fact that an object states.

    Attributes:
        part: Part of the object: "predictor", "worker", "autoscaler", or "metadata".
        name: What it is, e.g. "tensor parallel size".
        value: As a user reads it; None where the object states nothing.
        path: Where it stands, or would.
        is_known: Whether the manifest shows the value: a variable of a shell or a Secret is not shown.
        meaning: What is compared; equal for two spellings of one amount.
    """

    part: str
    name: str
    value: str | None
    path: FieldPath
    is_known: bool = True
    meaning: object = None


def stated_facts(manifest: ManifestObject, workloads: Sequence[ServingWorkload]) -> tuple[StatedFact, ...]:
    """Return what an object states about an engine or its scaling; nothing where it does neither.

    Args:
        manifest: The object.
        workloads: What it serves, merged with the runtimes and presets around it.

    Raises:
        InvalidInputError: A field that has to be read holds a value of the wrong type.
    """
    autoscalers = read_autoscalers(manifest)
    if not workloads and not autoscalers:
        return ()
    return (
        *_metadata(manifest),
        *(fact for workload in workloads for fact in _workload_facts(workload)),
        *_replicas(manifest),
        *(fact for each in autoscalers for fact in _autoscaler_facts(each, is_alone=len(autoscalers) == 1)),
    )


def _fact(part: str, name: str, value: object, path: FieldPath, *, is_known: bool = True) -> StatedFact:
    if value is None:
        return StatedFact(part, name, None, path, is_known)
    text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    shown = _NOT_SHOWN if _is_secret(name) else text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
    return StatedFact(part, name, shown, path, is_known, text)


def _is_secret(name: str) -> bool:
    return not _SECRET_WORDS.isdisjoint(word.lower() for word in _WORDS.findall(name))


def _metadata(manifest: ManifestObject) -> Iterator[StatedFact]:
    for label in _LABELS:
        yield _fact("metadata", f"label {label}", manifest.labels.get(label), ("metadata", "labels", label))
    path = ("metadata", "annotations", PROFILE_ANNOTATION)
    yield _fact("metadata", "model profile", manifest.annotations.get(PROFILE_ANNOTATION), path)


def _workload_facts(workload: ServingWorkload) -> Iterator[StatedFact]:
    part, path = workload.part, workload.container_path
    container, settings, accelerators = workload.container, workload.settings, workload.accelerators
    if container is not None:
        yield _fact(part, "image", container.image, (*path, "image"))
    yield _fact(
        part,
        "model",
        workload.model.text if workload.model else settings.model if settings else None,
        workload.model.path if workload.model else path,
    )
    if settings is not None:
        yield _fact(part, "engine", settings.engine, path)
        version = None if settings.version is None else str(settings.version)
        yield _fact(part, "engine version", version, (*path, "image"))
        yield from _setting_facts(workload, settings)
    yield _fact(part, "pods of a replica", workload.pods_per_replica, path)
    requested = accelerators.path if accelerators else (*path, "resources", "limits")
    resource = (accelerators.resource_name or accelerators.device_class) if accelerators else None
    count = accelerators.count if accelerators else None
    yield _fact(part, "accelerator resource", resource, requested)
    yield _fact(part, "accelerators of a pod", count, requested)
    for label, values in sorted(workload.node_label_choices.items()):
        yield _fact(part, f"node label {label}", ", ".join(sorted(values)), path)
    if container is not None:
        for field, amounts in (("limits", container.limits), ("requests", container.requests)):
            for name in _RESOURCES:
                yield _amount(part, f"{field}.{name}", amounts.get(name), (*path, "resources", field, name))


def _amount(part: str, name: str, amount: ResourceAmount | None, path: FieldPath) -> StatedFact:
    if amount is None:
        return StatedFact(part, name, None, path)
    quantity = parse_quantity(amount.amount)
    return StatedFact(part, name, str(amount.amount), amount.path or path, True, quantity or str(amount.amount))


def _setting_facts(workload: ServingWorkload, settings: EngineSettings) -> Iterator[StatedFact]:
    part = workload.part
    for name, attribute, options in _SETTINGS:
        place = next((path for option in options if (path := workload.option_path(option))), None)
        is_known = not any(option in settings.unresolved for option in options)
        value = getattr(settings, attribute)
        yield _fact(part, name, value, place or workload.container_path, is_known=is_known)
    for option, text in sorted(settings.options.items()):
        if option not in _NAMED_OPTIONS:
            place = workload.option_path(option) or workload.container_path
            yield _fact(part, f"option {option}", text, place, is_known=option not in settings.unresolved)
    for option in settings.unresolved:
        if option not in settings.options and option not in _NAMED_OPTIONS:
            yield StatedFact(part, f"option {option}", None, workload.container_path, is_known=False)
    for variable, text in sorted(settings.environment.items()):
        if variable.startswith(_ENGINE_VARIABLES):
            yield _fact(part, f"variable {variable}", text, (*workload.container_path, "env"))


def _replicas(manifest: ManifestObject) -> Iterator[StatedFact]:
    for name, path in _REPLICAS.get(manifest.kind, ()):
        value: object = manifest.body
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        yield _fact("scaling", name, value, path)


def _autoscaler_facts(autoscaler: Autoscaler, *, is_alone: bool) -> Iterator[StatedFact]:
    part = "autoscaler" if is_alone else f"autoscaler of {autoscaler.target_name}"
    target = f"{autoscaler.target_kind}/{autoscaler.target_name}"
    if autoscaler.manifest.kind not in _REPLICAS:
        yield _fact(part, "target", target, autoscaler.target_path)
        yield _fact(part, "minimum replicas", autoscaler.minimum_replicas, ("spec",))
        yield _fact(part, "maximum replicas", autoscaler.maximum_replicas, ("spec",))
        yield _fact(part, "paused", autoscaler.is_paused, ("metadata", "annotations"))
    yield _fact(part, "scale-down window", autoscaler.scale_down_window_seconds, autoscaler.scale_down_path)
    yield _fact(part, "seconds before the last replica goes", autoscaler.idle_seconds, ("spec",))
    for number, signal in enumerate(autoscaler.signals, start=1):
        name = f"signal {number} ({signal.source})"
        yield _fact(part, name, signal.query or signal.name or signal.source, signal.query_path or signal.path)
        yield _fact(part, f"threshold of {name}", signal.threshold, signal.threshold_path or signal.path)
