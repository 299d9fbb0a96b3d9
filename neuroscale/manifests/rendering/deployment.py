"""How the platform decided to serve an endpoint: the second input of rendering."""

from dataclasses import dataclass

from packaging.version import Version

from neuroscale.hardware.accelerator import Accelerator


@dataclass(frozen=True, slots=True)
class EngineDeployment:
    """How one replica of the endpoint runs, and how replicas follow the load.

    Attributes:
        image: Engine image with its version tag.
        engine_version: The vLLM release in it.
        arguments: Engine arguments beyond model, served name and port, each as `--option` or `--option=value`.
        accelerator: Kind of accelerator.
        accelerators_per_pod: Whole devices of it per pod.
        host_memory_bytes: Memory limit of the container.
        shared_memory_bytes: Size of /dev/shm, which tensor-parallel workers exchange data through.
        checkpoint_bytes: Weights as they are downloaded to the node's disk.
        load_seconds: Upper estimate from the start of the container to the first answer.
        drain_seconds: How long requests in flight are given to end when a pod is stopped.
        minimum_replicas: Replicas that always run.
        maximum_replicas: Replicas the autoscaler may reach.
        waiting_requests_per_replica: Queue depth per replica above which a replica is added.
        time_to_first_token_seconds: 95th percentile above which a replica is added.
        stabilization_seconds: How long the need must be lower before a replica is dropped.
        pods_per_replica: 1 for a replica in one pod; more for a group of pods that share one model.
        tensor_parallel_size: Devices that share every layer.
        data_parallel_size: Data-parallel ranks of a replica, over all its pods.
        expert_parallel: Whether each device holds whole experts.
    """

    image: str
    engine_version: Version
    arguments: tuple[str, ...]
    accelerator: Accelerator
    accelerators_per_pod: int
    host_memory_bytes: int
    shared_memory_bytes: int
    checkpoint_bytes: int
    load_seconds: float
    drain_seconds: int
    minimum_replicas: int
    maximum_replicas: int
    waiting_requests_per_replica: int
    time_to_first_token_seconds: float
    stabilization_seconds: int
    pods_per_replica: int = 1
    tensor_parallel_size: int = 1
    data_parallel_size: int = 1
    expert_parallel: bool = False
