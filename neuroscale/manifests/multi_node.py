"""How KServe spreads one InferenceService over several nodes.

Source: KServe v0.20.0, `inferenceservice/components/predictor.go` (node and GPU counts) and
`reconcilers/deployment` (the counts replace what the containers request).
"""

from dataclasses import dataclass

from neuroscale.manifests.container import Container
from neuroscale.manifests.quantity import parse_quantity

# KServe counts these and no others when it looks for the GPUs of a container.
_COUNTED_RESOURCES = ("nvidia.com/gpu", "amd.com/gpu", "intel.com/gpu", "habana.ai/gaudi")


@dataclass(frozen=True, slots=True)
class NodeLayout:
    """Nodes of one replica and the accelerators of each.

    Attributes:
        nodes: Head and workers together.
        head_accelerators: Accelerators of the head's pod.
        worker_accelerators: Accelerators of each worker's pod; 0 when the head stands alone.
    """

    nodes: int
    head_accelerators: int
    worker_accelerators: int

    @property
    def is_uniform(self) -> bool:
        """Whether every pod of the replica holds the same number of accelerators."""
        return self.nodes == 1 or self.head_accelerators == self.worker_accelerators


def ray_layout(
    tensor_parallel_size: int, pipeline_parallel_size: int, head: Container, worker: Container
) -> NodeLayout:
    """Return the layout of a Ray cluster, from the GPUs in the containers' requests (limits do not count)."""
    total = tensor_parallel_size * pipeline_parallel_size
    head_requested = _requested(head)
    worker_requested = _requested(worker)
    if worker_requested:
        nodes = -(-total // worker_requested)
        if head_requested >= total:
            nodes = 1
        if nodes == 1:
            return NodeLayout(1, total, 0)
        return NodeLayout(nodes, head_requested or total - worker_requested * (nodes - 1), worker_requested)
    if head_requested:
        return NodeLayout(1 + max(total - head_requested, 0), head_requested, 1)
    return NodeLayout(total, 1, 1)


def multiprocessing_layout(tensor_parallel_size: int, pipeline_parallel_size: int) -> NodeLayout:
    """Return the layout without Ray: one node per pipeline stage, the tensor parallel ranks on each."""
    return NodeLayout(pipeline_parallel_size, tensor_parallel_size, tensor_parallel_size)


def counted_resource(container: Container) -> str | None:
    """Return the resource KServe rewrites in a container of a multi-node replica, None when it requests none."""
    return next((name for name in _COUNTED_RESOURCES if name in container.requests), None)


def _requested(container: Container) -> int:
    name = counted_resource(container)
    amount = parse_quantity(container.requests[name].amount) if name is not None else None
    return int(amount) if amount is not None and amount > 0 else 0
