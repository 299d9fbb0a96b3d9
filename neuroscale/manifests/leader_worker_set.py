"""LeaderWorkerSet v1: groups of a leader and its workers that serve one model together.

Source: LeaderWorkerSet v0.9.0, `api/leaderworkerset/v1` (fields and defaults), `pkg/controllers` (the leader takes
the worker's template where it has none) and `pkg/utils/pod` (variables that every container gets).
"""

from collections.abc import Sequence
from dataclasses import replace

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.accelerators import accelerator_request
from neuroscale.manifests.fields import Field, root
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.pod import read_pod
from neuroscale.manifests.pod_workloads import engine_workloads, is_controlled_by_a_read_object
from neuroscale.manifests.workload import ServingWorkload

GROUP_SIZE = "LWS_GROUP_SIZE"
LEADER_ADDRESS = "LWS_LEADER_ADDRESS"
WORKER_INDEX = "LWS_WORKER_INDEX"


def read_leader_worker_set(
    manifest: ManifestObject,
    context: Sequence[ManifestObject],
    kserve_version: str | None = None,  # noqa: ARG001 - a reader's signature
) -> tuple[ServingWorkload, ...]:
    """Return the workloads of a LeaderWorkerSet: its leader's engines and its workers'.

    Workers that run no engine of their own, because they join the leader's through Ray, are one workload without
    settings, with the leader's model.

    Args:
        manifest: The LeaderWorkerSet.
        context: Other objects; ConfigMaps and resource claims are looked up here.
        kserve_version: Not looked at.

    Raises:
        InvalidInputError: An engine runs in the pods, and a field that is read holds a value of the wrong type.
    """
    if is_controlled_by_a_read_object(manifest):
        return ()
    template = root(manifest)["spec"]["leaderWorkerTemplate"]
    worker = template["workerTemplate"]["spec"]
    leader = template["leaderTemplate"]["spec"] if template["leaderTemplate"].is_written else worker
    size, fault = _size(template["size"])
    leading = engine_workloads(leader, "leader", context, size, _variables(size, index="0"))
    following: tuple[ServingWorkload, ...] = ()
    if size > 1:
        following = engine_workloads(worker, "worker", context, size, _variables(size, index=None))
    if fault is not None and (leading or following):
        raise fault
    if size > 1 and leading and not following:
        following = (_joining(leading[0], worker),)
    return (*leading, *following)


def _size(at: Field) -> tuple[int, InvalidInputError | None]:
    try:
        size = at.integer()
    except InvalidInputError as error:
        return 1, error
    if size is not None and size < 1:
        return 1, at.error("must be at least 1")
    return size or 1, None


def _variables(size: int, index: str | None) -> dict[str, str | None]:
    return {LEADER_ADDRESS: None, GROUP_SIZE: str(size), WORKER_INDEX: index}


def _joining(leader: ServingWorkload, worker: Field) -> ServingWorkload:
    pod = read_pod(worker)
    engine = pod.containers[0] if pod.containers else None
    return replace(
        leader,
        part="worker",
        container_path=engine.path if engine is not None else pod.path,
        settings=None,
        accelerators=accelerator_request(pod, engine),
        node_labels=pod.node_labels(),
        node_label_choices=pod.node_label_choices(),
        container=engine,
        pod=pod,
    )
