"""InferenceService v1beta1: one workload per predictor, merged with its serving runtime as KServe does it.

Source: KServe v0.20.0, `pkg/apis/serving/v1beta1` and `inferenceservice/components/predictor.go`. The form a user
writes and the form KServe's defaulting webhook makes of it give the same reading.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.accelerators import accelerator_request, unknown_where_absent
from neuroscale.manifests.configuration_maps import read_engine_in_pod
from neuroscale.manifests.container import (
    Container,
    EnvironmentVariable,
    ResourceAmount,
    read_container,
)
from neuroscale.manifests.fields import Field, root
from neuroscale.manifests.model_reference import (
    StoredModel,
    model_reference,
    read_storage_uri,
    read_storage_uris,
    read_storage_variable,
)
from neuroscale.manifests.multi_node import counted_resource, multiprocessing_layout, ray_layout
from neuroscale.manifests.object import ManifestObject, format_field_path
from neuroscale.manifests.pod import Pod, container_named, read_pod
from neuroscale.manifests.runtime_merge import (
    ENGINE_CONTAINER,
    WORKER_CONTAINER,
    ServingRuntime,
    fill_placeholders,
    merge_container,
    merge_pod,
    read_runtime,
    tag_image,
)
from neuroscale.manifests.workload import ServingWorkload

TRANSFORMER_CONTAINER = "transformer-container"
_DEPLOYMENT_MODE = "serving.kserve.io/deploymentMode"
# Before v1beta1's `model`, every model server had a field of its own; KServe turns them into `model` on arrival.
_FRAMEWORKS = (
    "huggingface",
    "triton",
    "pytorch",
    "tensorflow",
    "onnx",
    "sklearn",
    "xgboost",
    "lightgbm",
    "pmml",
    "paddle",
)
# Model formats whose servers start none of the engines that are read: nothing is lost without their runtime.
_CLASSICAL_FORMATS = frozenset(
    {
        "autogluon",
        "lightgbm",
        "mlflow",
        "onnx",
        "paddle",
        "pmml",
        "pytorch",
        "sklearn",
        "tensorflow",
        "xgboost",
    }
)


@dataclass(frozen=True, slots=True)
class _Assembled:
    """The engine's container, and the pod around it, once runtime and service are merged."""

    container: Container
    pod: Pod


def read_inference_service(
    manifest: ManifestObject,
    context: Sequence[ManifestObject],
    kserve_version: str | None = None,  # noqa: ARG001 - a reader's signature; every release merges alike
) -> tuple[ServingWorkload, ...]:
    """Return the workloads of an InferenceService: its predictor, its workers and its canaries.

    Args:
        manifest: The InferenceService.
        context: Other objects; serving runtimes are looked up here as KServe does, the namespace's own first.
        kserve_version: Not looked at.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type.
    """
    spec = root(manifest)["spec"]
    predictors = [("predictor", spec["predictor"])]
    predictors += [("canary", canary["predictor"]) for canary in spec["canary"].elements()]
    return tuple(
        workload for part, predictor in predictors for workload in _read_predictor(part, predictor, context)
    )


def _read_predictor(part: str, predictor: Field, context: Sequence[ManifestObject]) -> tuple[ServingWorkload, ...]:
    manifest = predictor.manifest
    model = _model_block(predictor)
    if model is None:
        return _custom_predictor(part, predictor, context)
    override = replace(read_container(model), name=None)
    stored = (*read_storage_uri(model["storageUri"]), *read_storage_uris(predictor["storageUris"]))
    unjudged = ServingWorkload(
        manifest=manifest,
        part=part,
        container_path=model.path,
        settings=None,
        model=model_reference(None, override, stored),
        accelerators=unknown_where_absent(
            accelerator_request(replace(read_pod(predictor), containers=(override,)), override), model.path
        ),
        node_labels=read_pod(predictor).node_labels(),
        node_label_choices=read_pod(predictor).node_label_choices(),
    )
    if manifest.annotations.get(_DEPLOYMENT_MODE) == "ModelMesh":
        return (replace(unjudged, unjudgeable=("ModelMesh loads the model into shared pods of its own.",)),)
    runtime_name = model["runtime"].text()
    if runtime_name is None:
        return (replace(unjudged, unjudgeable=_automatic_runtime(model)),)
    runtime_object = _find_runtime(runtime_name, manifest.namespace, context)
    if runtime_object is None:
        return (replace(unjudged, runtime_missing=runtime_name),)
    try:
        runtime = read_runtime(runtime_object)
    except InvalidInputError as error:
        return (replace(unjudged, unjudgeable=(f"The serving runtime {runtime_name} is malformed: {error}.",)),)
    base = container_named(runtime.pod, ENGINE_CONTAINER)
    if runtime.is_disabled or base is None:
        fault = "is disabled" if runtime.is_disabled else f"has no container named {ENGINE_CONTAINER}"
        return (
            replace(unjudged, unjudgeable=(f"The serving runtime {runtime_name} {fault}: KServe makes no pod.",)),
        )
    assembled = _assemble(predictor, model, override, runtime, base)
    if predictor["workerSpec"].is_written:
        return _multi_node(unjudged, predictor, assembled, runtime, stored, context)
    return (_workload(unjudged, assembled, stored, context),)


def _model_block(predictor: Field) -> Field | None:
    for name in ("model", *_FRAMEWORKS):
        if predictor[name].is_written:
            return predictor[name]
    return None


def _automatic_runtime(model: Field) -> tuple[str, ...]:
    name = model["modelFormat"]["name"].text() if model.path[-1] == "model" else str(model.path[-1])
    if name in _CLASSICAL_FORMATS:
        return ()
    runtime_path = format_field_path((*model.path[:-1], "model", "runtime"))
    sentence = (
        f'No runtime is named, so KServe picks one that supports the model format "{name or ""}"; '
        f"name it in {runtime_path} to have the engine's settings judged."
    )
    return (sentence,)


def _find_runtime(name: str, namespace: str, context: Sequence[ManifestObject]) -> ManifestObject | None:
    runtimes = [each for each in context if each.api_group == "serving.kserve.io" and each.name == name]
    for each in runtimes:
        # A manifest without a namespace lands where its neighbours land.
        if each.kind == "ServingRuntime" and (each.namespace == namespace or not each.namespace or not namespace):
            return each
    return next((each for each in runtimes if each.kind == "ClusterServingRuntime"), None)


def _assemble(
    predictor: Field, model: Field, override: Container, runtime: ServingRuntime, base: Container
) -> _Assembled:
    service = root(predictor.manifest)
    merged = fill_placeholders(merge_container(base, override), service)
    merged = replace(
        merged, image=tag_image(merged.image, model["runtimeVersion"].text(), runtime.server_type, merged.limits)
    )
    written = read_pod(predictor)
    own_names = {container.name for container in written.containers}
    beside = [
        each
        for each in runtime.pod.containers
        if each.name != ENGINE_CONTAINER and not (each.name == TRANSFORMER_CONTAINER and each.name in own_names)
    ]
    pod = replace(merge_pod(runtime.pod, written), containers=(merged, *beside, *written.containers))
    return _Assembled(merged, pod)


def _workload(
    unjudged: ServingWorkload,
    assembled: _Assembled,
    stored: tuple[StoredModel, ...],
    context: Sequence[ManifestObject],
) -> ServingWorkload:
    namespace = unjudged.manifest.namespace
    settings = read_engine_in_pod(assembled.container, assembled.pod, namespace, context)
    return replace(
        unjudged,
        settings=settings,
        model=model_reference(settings, assembled.container, stored),
        accelerators=accelerator_request(assembled.pod, assembled.container, namespace, context),
        node_labels=assembled.pod.node_labels(),
        node_label_choices=assembled.pod.node_label_choices(),
        container=assembled.container,
        pod=assembled.pod,
    )


def _multi_node(
    unjudged: ServingWorkload,
    predictor: Field,
    assembled: _Assembled,
    runtime: ServingRuntime,
    stored: tuple[StoredModel, ...],
    context: Sequence[ManifestObject],
) -> tuple[ServingWorkload, ...]:
    written = predictor["workerSpec"]
    base = container_named(runtime.worker, WORKER_CONTAINER) if runtime.worker is not None else None
    if runtime.worker is None or base is None:
        sentence = (
            f"workerSpec needs a serving runtime whose workerSpec has a container named {WORKER_CONTAINER}; "
            f"{runtime.manifest.name} has none, so KServe creates no pod."
        )
        return (replace(unjudged, unjudgeable=(sentence,)),)
    worker_pod = read_pod(written)
    worker_override = (
        replace(worker_pod.containers[0], name=None) if worker_pod.containers else Container(written.path)
    )
    worker = merge_container(base, worker_override)
    tensor = written["tensorParallelSize"].integer() or runtime.tensor_parallel_size or 1
    pipeline = written["pipelineParallelSize"].integer() or runtime.pipeline_parallel_size or 1
    if tensor < 1 or pipeline < 1:
        raise written.error("tensorParallelSize and pipelineParallelSize must be at least 1")
    layout = (
        multiprocessing_layout(tensor, pipeline)
        if runtime.uses_multiprocessing
        else ray_layout(tensor, pipeline, assembled.container, worker)
    )
    head = _with_devices(assembled.container, layout.head_accelerators)
    head = _with_variables(
        head,
        {
            "TENSOR_PARALLEL_SIZE": str(tensor),
            "PIPELINE_PARALLEL_SIZE": str(pipeline),
            "RAY_NODE_COUNT": str(layout.nodes),
            "REQUEST_GPU_COUNT": str(layout.head_accelerators),
            "MODEL_NAME": predictor.manifest.name,
            **({"MODEL_DIR": "/mnt/models"} if stored and stored[0].uri.startswith(("pvc://", "oci://")) else {}),
        },
    )
    others = tuple(each for each in assembled.pod.containers if each is not assembled.container)
    head_workload = _workload(
        unjudged, _Assembled(head, replace(assembled.pod, containers=(head, *others))), stored, context
    )
    unjudgeable: tuple[str, ...] = ()
    if not layout.is_uniform and head_workload.accelerators is not None:
        sentence = (
            f"The head's pod holds {layout.head_accelerators} accelerators and each of {layout.nodes - 1} workers "
            f"holds {layout.worker_accelerators}, so they are not counted together."
        )
        unjudgeable = (sentence,)
        head_workload = replace(head_workload, accelerators=replace(head_workload.accelerators, count=None))
    head_workload = replace(head_workload, pods_per_replica=layout.nodes, unjudgeable=unjudgeable)
    if layout.nodes == 1:
        return (head_workload,)
    worker_engine = _with_devices(worker, layout.worker_accelerators)
    pod = replace(merge_pod(runtime.worker, worker_pod), containers=(worker_engine,))
    return (
        head_workload,
        replace(
            head_workload,
            part="worker",
            container_path=worker_engine.path,
            settings=None,
            accelerators=accelerator_request(pod, worker_engine),
            node_labels=pod.node_labels(),
            node_label_choices=pod.node_label_choices(),
            unjudgeable=(),
            container=worker_engine,
            pod=pod,
        ),
    )


def _with_devices(container: Container, devices: int) -> Container:
    name = counted_resource(container) or next(
        (
            name
            for name in ("nvidia.com/gpu", "amd.com/gpu", "intel.com/gpu", "habana.ai/gaudi")
            if name in container.limits
        ),
        "nvidia.com/gpu",
    )
    written = container.limits.get(name) or container.requests.get(name)
    amount = ResourceAmount(devices, written.path if written is not None else None)
    return replace(
        container, limits={**container.limits, name: amount}, requests={**container.requests, name: amount}
    )


def _with_variables(container: Container, variables: dict[str, str]) -> Container:
    kept = tuple(variable for variable in container.environment if variable.name not in variables)
    added = tuple(EnvironmentVariable(name, value, None) for name, value in variables.items())
    return replace(container, environment=(*kept, *added))


def _custom_predictor(
    part: str, predictor: Field, context: Sequence[ManifestObject]
) -> tuple[ServingWorkload, ...]:
    pod = read_pod(predictor)
    if not pod.containers:
        return ()
    served = container_named(pod, ENGINE_CONTAINER) or pod.containers[0]
    namespace = predictor.manifest.namespace
    # A proxy may stand in the container that KServe routes to, with the engine beside it.
    candidates = (served, *(each for each in pod.containers if each is not served))
    engine, settings = next(
        (
            (each, found)
            for each in candidates
            if (found := read_engine_in_pod(each, pod, namespace, context)) is not None
        ),
        (served, None),
    )
    stored = (*read_storage_variable(served), *read_storage_uris(predictor["storageUris"]))
    return (
        ServingWorkload(
            manifest=predictor.manifest,
            part=part,
            container_path=engine.path,
            settings=settings,
            model=model_reference(settings, engine, stored),
            accelerators=accelerator_request(pod, engine, namespace, context),
            node_labels=pod.node_labels(),
            node_label_choices=pod.node_label_choices(),
            container=engine,
            pod=pod,
        ),
    )
