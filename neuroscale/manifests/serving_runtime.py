"""ServingRuntime and ClusterServingRuntime: what the template alone fixes about the pods made from it."""

from collections.abc import Sequence
from dataclasses import replace

from neuroscale.manifests.accelerators import accelerator_request, unknown_where_absent
from neuroscale.manifests.configuration_maps import read_engine_in_pod
from neuroscale.manifests.model_reference import model_reference
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.pod import container_named
from neuroscale.manifests.runtime_merge import ENGINE_CONTAINER, read_runtime
from neuroscale.manifests.workload import ServingWorkload

_OPTIONS_LEFT_OPEN = (
    "--data-parallel-size",
    "--data-parallel-size-local",
    "--decode-context-parallel-size",
    "--dtype",
    "--enable-expert-parallel",
    "--gpu-memory-utilization",
    "--hf-overrides",
    "--kv-cache-dtype",
    "--max-model-len",
    "--max-num-seqs",
    "--model",
    "--pipeline-parallel-size",
    "--prefill-context-parallel-size",
    "--quantization",
    "--tensor-parallel-size",
)


def read_serving_runtime(
    manifest: ManifestObject,
    context: Sequence[ManifestObject],
    kserve_version: str | None = None,  # noqa: ARG001 - a reader's signature
) -> tuple[ServingWorkload, ...]:
    """Return the workload that every user of a runtime starts from.

    An InferenceService appends arguments and replaces resources: an option the runtime does not write is listed as
    unresolved, the number of accelerators is unknown, and so is the model unless the runtime itself names one.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type.
    """
    runtime = read_runtime(manifest)
    engine = container_named(runtime.pod, ENGINE_CONTAINER)
    if runtime.is_disabled or engine is None:
        return ()
    settings = read_engine_in_pod(engine, runtime.pod, manifest.namespace, context)
    if settings is not None:
        open_options = tuple(option for option in _OPTIONS_LEFT_OPEN if option not in settings.options)
        settings = replace(settings, unresolved=(*settings.unresolved, *open_options))
    requested = unknown_where_absent(accelerator_request(runtime.pod, engine), engine.path)
    model = model_reference(settings, engine, ())
    return (
        ServingWorkload(
            manifest=manifest,
            part="runtime",
            container_path=engine.path,
            settings=settings,
            model=model if model is not None and model.repository is not None else None,
            accelerators=replace(requested, count=None),
            node_labels=runtime.pod.node_labels(),
            node_label_choices=runtime.pod.node_label_choices(),
        ),
    )
