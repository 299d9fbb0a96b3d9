"""ServingRuntime and ClusterServingRuntime: what the template alone fixes about the pods made from it."""

from collections.abc import Sequence

from neuroscale.manifests.accelerators import accelerator_request
from neuroscale.manifests.container import read_engine
from neuroscale.manifests.model_reference import model_reference
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.runtime_merge import ENGINE_CONTAINER, container_named, read_runtime
from neuroscale.manifests.workload import ServingWorkload


def read_serving_runtime(
    manifest: ManifestObject,
    context: Sequence[ManifestObject],  # noqa: ARG001 - a reader's signature
) -> tuple[ServingWorkload, ...]:
    """Return the workload that every user of a runtime starts from.

    An InferenceService may still append arguments and replace image, command and resources; the model is known
    only where the runtime itself names it.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type.
    """
    runtime = read_runtime(manifest)
    engine = container_named(runtime.pod, ENGINE_CONTAINER)
    if runtime.is_disabled or engine is None:
        return ()
    settings = read_engine(engine)
    model = model_reference(settings, engine, ())
    return (
        ServingWorkload(
            manifest=manifest,
            part="runtime",
            pod_path=runtime.pod.path,
            container_path=engine.path,
            settings=settings,
            model=model if model is not None and model.repository is not None else None,
            accelerators=accelerator_request(runtime.pod, engine),
            node_labels=runtime.pod.node_labels(),
        ),
    )
