"""An InferenceService with a workerSpec becomes the nodes KServe spreads it over."""

from collections.abc import Mapping

import pytest

from neuroscale.manifests.container import Container, ResourceAmount
from neuroscale.manifests.multi_node import NodeLayout, multiprocessing_layout, ray_layout
from tests.manifests.fixture_files import workloads_of


def container(gpus: int) -> Container:
    requests: Mapping[str, ResourceAmount] = {"nvidia.com/gpu": ResourceAmount(gpus, None)} if gpus else {}
    return Container(path=("spec",), requests=requests)


@pytest.mark.parametrize(
    ("tensor", "pipeline", "head", "worker", "layout"),
    [
        (8, 2, 8, 8, NodeLayout(2, 8, 8)),
        (8, 2, 0, 8, NodeLayout(2, 8, 8)),
        (4, 3, 0, 8, NodeLayout(2, 4, 8)),
        (8, 1, 0, 8, NodeLayout(1, 8, 0)),
        (4, 1, 8, 2, NodeLayout(1, 4, 0)),
        (2, 2, 2, 0, NodeLayout(3, 2, 1)),
        (2, 2, 0, 0, NodeLayout(4, 1, 1)),
    ],
)
def test_a_ray_cluster_is_laid_out_by_what_the_containers_request(
    tensor: int, pipeline: int, head: int, worker: int, layout: NodeLayout
) -> None:
    assert ray_layout(tensor, pipeline, container(head), container(worker)) == layout


def test_without_ray_there_is_one_node_per_pipeline_stage() -> None:
    assert multiprocessing_layout(8, 2) == NodeLayout(2, 8, 8)


def test_the_sizes_of_the_worker_specification_reach_the_engine() -> None:
    head, worker = workloads_of("isvc-multi-node.yaml")
    assert head.settings is not None
    assert (head.settings.tensor_parallel_size, head.settings.pipeline_parallel_size) == (8, 2)
    assert (head.part, worker.part) == ("predictor", "worker")
    assert worker.settings is None


def test_head_and_workers_together_are_one_replica() -> None:
    head, worker = workloads_of("isvc-multi-node.yaml")
    assert head.pods_per_replica == 2
    assert head.accelerators is not None
    assert worker.accelerators is not None
    assert (head.accelerators.count, worker.accelerators.count) == (8, 8)
    assert head.accelerators.path == ("spec", "predictor", "model", "resources", "limits", "nvidia.com/gpu")
