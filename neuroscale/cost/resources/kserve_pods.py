"""The pods that KServe makes of an InferenceService or an LLMInferenceService, with what their runtimes give them.

Source: KServe v0.20.0, `inferenceservice/components`, `reconcilers/deployment` (one Deployment of workers, whatever
the replicas of the head) and `llmisvc/workload_*.go`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from neuroscale.cost.resources.kserve_settings import KServeSettings, with_default_resources
from neuroscale.cost.resources.plain_pods import ephemeral_disk_bytes
from neuroscale.cost.resources.pod_group import PodGroup
from neuroscale.cost.resources.replicas import (
    Replicas,
    component_replicas,
    is_stopped,
    predictor_names,
    workload_replicas,
)
from neuroscale.cost.resources.span import NOTHING, fixed
from neuroscale.manifests.autoscaler import Autoscaler
from neuroscale.manifests.base_references import merge_base_references
from neuroscale.manifests.container import Container, read_container
from neuroscale.manifests.fields import Field, root
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.pod import Pod, container_named, read_pod
from neuroscale.rules.subject import Deployment

_SERVING_GROUP = "serving.kserve.io"
INFERENCE_SERVICE = (_SERVING_GROUP, "InferenceService")
LLM_INFERENCE_SERVICE = (_SERVING_GROUP, "LLMInferenceService")
_LLM_ENGINE = "main"
_OTHER_COMPONENTS = ("transformer", "explainer")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What shapes the pods of a serving object from outside.

    Attributes:
        autoscalers: What scales it, KServe's own left out.
        deployments: What the rules know of its workloads.
        settings: How the cluster's KServe is set up.
        context: The objects around it, for the configurations of an LLMInferenceService.
    """

    autoscalers: Sequence[Autoscaler]
    deployments: Sequence[Deployment]
    settings: KServeSettings
    context: Sequence[ManifestObject]


def read_inference_service_pods(manifest: ManifestObject, around: Surroundings) -> tuple[PodGroup, ...]:
    """Return the pods of an InferenceService: predictor, workers, canaries, transformer and explainer.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type, or a number out of range.
    """
    spec = root(manifest)["spec"]
    predictors = [("predictor", spec["predictor"])]
    predictors += [("canary", each["predictor"]) for each in spec["canary"].elements()]
    groups = [group for part, predictor in predictors for group in _predictor_pods(part, predictor, around)]
    for name in _OTHER_COMPONENTS:
        component = spec[name]
        if component.is_written:
            groups.append(_component_pods(name, component, around))
    return tuple(groups)


def read_llm_inference_service_pods(manifest: ManifestObject, around: Surroundings) -> tuple[PodGroup, ...]:
    """Return the pods of an LLMInferenceService: main pods, workers, prefill pods and prefill workers.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type, or a number out of range.
    """
    own = root(manifest)["spec"]
    merged = merge_base_references(own, around.context)
    spec = own if merged.missing else merged.field
    blocks = [("predictor", "worker", "", spec)]
    if spec["prefill"].is_written:
        blocks.append(("prefill", "prefill-worker", "-prefill", spec["prefill"]))
    missing = ", ".join(merged.missing)
    doubts = (
        (f"The configuration {missing} (spec.baseRefs) is not given, nor what it asks for.",) if missing else ()
    )
    groups: list[PodGroup] = []
    for part, worker_part, suffix, block in blocks:
        counted = workload_replicas(block, manifest.name, around.autoscalers, suffix)
        counted = Replicas(counted.span, (*doubts, *counted.doubts))
        groups.append(_llm_pods(part, block["template"], counted, around, is_complete=not missing))
        if block["worker"].is_written:
            worker = _deployment(worker_part, around)
            size = 1 if worker is None else worker.workload.pods_per_replica
            followers = Replicas(counted.span.times(fixed(size - 1)), counted.doubts)
            groups.append(_llm_pods(worker_part, block["worker"], followers, around, is_complete=not missing))
    return tuple(groups)


def _llm_pods(part: str, block: Field, counted: Replicas, around: Surroundings, *, is_complete: bool) -> PodGroup:
    pod = read_pod(block)
    engine = container_named(pod, _LLM_ENGINE)
    if engine is None:
        # The presets bring the container along, and ask for nothing in it.
        engine = Container(block.path, name=_LLM_ENGINE)
        pod = replace(pod, containers=(engine, *pod.containers))
    return PodGroup(
        part=part,
        pod=pod,
        pods=counted.span,
        engine=engine,
        deployment=_deployment(part, around),
        disk_bytes=ephemeral_disk_bytes(block),
        doubts=counted.doubts,
        is_complete=is_complete,
    )


def _deployment(part: str, around: Surroundings) -> Deployment | None:
    return next((each for each in around.deployments if each.workload.part == part), None)


def _predictor_pods(part: str, predictor: Field, around: Surroundings) -> Iterator[PodGroup]:
    own = [
        each for each in around.deployments if each.workload.container_path[: len(predictor.path)] == predictor.path
    ]
    counted = component_replicas(predictor, around.settings, around.autoscalers, predictor_names(predictor))
    for deployment in own:
        workload = deployment.workload
        if workload.part == "worker":
            # Their number does not follow the replicas of the head.
            pods = NOTHING if is_stopped(workload.manifest) else fixed(workload.pods_per_replica - 1)
            worker_pod = workload.pod or Pod(workload.container_path)
            yield PodGroup("worker", worker_pod, pods, workload.container, deployment)
        elif workload.pod is None:
            yield _incomplete(part, predictor, deployment, counted)
        else:
            # A predictor with a model gets no defaults: there the resources are the runtime's.
            is_custom = workload.container_path[len(predictor.path)] == "containers"
            yield PodGroup(
                part=part,
                pod=_with_defaults(workload.pod, predictor, around.settings) if is_custom else workload.pod,
                pods=counted.span,
                engine=workload.container,
                deployment=deployment,
                disk_bytes=ephemeral_disk_bytes(predictor),
                doubts=counted.doubts,
            )


def _incomplete(part: str, predictor: Field, deployment: Deployment, counted: Replicas) -> PodGroup:
    """Return what the object itself asks for where the runtime that completes it is not known."""
    workload = deployment.workload
    pod = read_pod(predictor)
    container = read_container(predictor[str(workload.container_path[len(predictor.path)])])
    reasons = list(workload.unjudgeable)
    if workload.runtime_missing is not None:
        reasons.append(f"The serving runtime {workload.runtime_missing} is not known here, nor what it asks for.")
    return PodGroup(
        part=part,
        pod=replace(pod, containers=(container, *pod.containers)),
        pods=counted.span,
        engine=container,
        deployment=deployment,
        disk_bytes=ephemeral_disk_bytes(predictor),
        doubts=(*(reasons or ["No serving runtime is named, so what it asks for is not known."]), *counted.doubts),
        is_complete=False,
    )


def _component_pods(name: str, component: Field, around: Surroundings) -> PodGroup:
    manifest = component.manifest
    names = frozenset({f"{manifest.name}-{name}"})
    counted = component_replicas(component, around.settings, around.autoscalers, names)
    pod = _with_defaults(read_pod(component), component, around.settings)
    return PodGroup(name, pod, counted.span, disk_bytes=ephemeral_disk_bytes(component), doubts=counted.doubts)


def _with_defaults(pod: Pod, component: Field, settings: KServeSettings) -> Pod:
    """Return the pod of a component that writes its containers itself, KServe's defaults in the first."""
    written = component["containers"].elements()
    containers = tuple(
        with_default_resources(each, settings) if written and each.path == written[0].path else each
        for each in pod.containers
    )
    return replace(pod, containers=containers)
