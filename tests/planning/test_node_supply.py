"""What the nodes of a cluster offer: whole accelerators, as many as one pod can get, and never a guess."""

from pathlib import Path

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.profile import make_profile
from neuroscale.errors import InvalidInputError, NoPlanError
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.rendering.request import EndpointRequest
from neuroscale.planning.engine_deployment import render_planned_endpoint
from neuroscale.planning.node_supply import NodeSupply, node_of_labels, read_node_supply, usable_accelerators
from neuroscale.planning.plan import Demand
from neuroscale.planning.planner import plan_serving
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts

NODES = Path(__file__).parent / "fixtures" / "nodes.yaml"


def supply() -> NodeSupply:
    """Return what the nodes of the fixture offer."""
    return read_node_supply(load_manifests(NODES.read_text(encoding="utf-8"), NODES.name))


def offered(name: str) -> Accelerator:
    """Return one kind that the nodes of the fixture offer."""
    return next(accelerator for accelerator in supply().accelerators if accelerator.name == name)


def test_only_whole_accelerators_of_known_kinds_are_offered() -> None:
    assert [accelerator.name for accelerator in supply().accelerators] == ["h100-80gb-sxm", "l4"]


def test_a_pod_gets_at_most_what_the_largest_node_has() -> None:
    assert offered("h100-80gb-sxm").accelerators_per_node == 4
    assert offered("l4").accelerators_per_node == 1


def test_the_memory_is_what_the_nodes_report() -> None:
    assert offered("h100-80gb-sxm").memory_bytes == 81559 * 2**20


def test_pods_are_sent_to_the_label_that_the_nodes_carry() -> None:
    assert offered("l4").node_labels == (("cloud.google.com/gke-accelerator", "nvidia-l4"),)
    assert offered("h100-80gb-sxm").node_labels[0] == ("nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3")


def test_nodes_that_cannot_be_used_are_named_with_the_reason() -> None:
    sentences = [nodes.sentence for nodes in supply().unusable]
    assert sentences == [
        "node a100-0: cordoned: no pod is scheduled there",
        "node new-0: no accelerator is known as NVIDIA-Q1000",
        "nodes mig-0, mig-1: the accelerators are cut into MIG instances; ranks of one engine cannot span them",
        "node shared-0: the accelerators are shared among pods, so that their memory is not the engine's alone",
    ]


def test_a_plan_for_nodes_never_asks_for_more_than_one_of_them_has() -> None:
    model = load_catalogue().find("google/gemma-4-26B-A4B")
    assert model is not None
    result = plan_serving(model, Demand(8192, 64), supply().accelerators)
    most = {plan.accelerator.name: plan.accelerators_per_pod for plan in result.plans}
    assert most
    assert all(plan.accelerators_per_pod <= plan.accelerator.accelerators_per_node for plan in result.plans)


def test_the_files_of_a_plan_ask_for_the_nodes_there_are_and_pass_the_rules_beside_them() -> None:
    catalogue = load_catalogue()
    entry, model = catalogue.entry("Qwen/Qwen3-0.6B"), catalogue.find("Qwen/Qwen3-0.6B")
    assert entry is not None
    assert model is not None
    (plan, *_) = plan_serving(model, Demand(8192, 4), [offered("l4")]).plans
    request = EndpointRequest(
        name="endpoint",
        namespace="default",
        owner="search",
        cost_center="cc-1",
        environment="development",
        profile=make_profile("Qwen/Qwen3-0.6B", entry.revision, entry.config),
    )
    (serving, *_) = render_planned_endpoint(request, plan, model)
    (manifest,) = load_manifests(serving.content, serving.path)
    assert manifest.body["spec"]["predictor"]["nodeSelector"] == {"cloud.google.com/gke-accelerator": "nvidia-l4"}
    nodes = load_manifests(NODES.read_text(encoding="utf-8"), NODES.name)
    assert judge([manifest], ClusterFacts(models=catalogue, context=nodes)) == ()


@pytest.mark.parametrize(
    ("labels", "count"),
    [
        ({"nvidia.com/gpu.product": "NVIDIA-L4", "nvidia.com/gpu.count": "2"}, 2),
        ({"karpenter.k8s.aws/instance-gpu-name": "l4", "karpenter.k8s.aws/instance-gpu-count": "4"}, 4),
        ({"cloud.google.com/gke-accelerator": "nvidia-l4"}, accelerator_by_name("l4").accelerators_per_node),
        (
            {"nvidia.com/gpu.product": "NVIDIA-L4", "nvidia.com/gpu.count": "9" * 5000},
            accelerator_by_name("l4").accelerators_per_node,
        ),
    ],
)
def test_labels_alone_tell_kind_and_count(labels: dict[str, str], count: int) -> None:
    (accelerator,) = read_node_supply([node_of_labels("node", labels)]).accelerators
    assert (accelerator.name, accelerator.accelerators_per_node) == ("l4", count)


def test_a_node_whose_device_plugin_offers_nothing_is_named() -> None:
    text = (
        '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "l4-1", "labels": '
        '{"nvidia.com/gpu.product": "NVIDIA-L4"}}, "status": {"allocatable": {"cpu": "8"}}}'
    )
    (unusable,) = read_node_supply(load_manifests(text, "node.json")).unusable
    assert unusable.sentence == "node l4-1: no nvidia.com/gpu is allocatable, though the labels name l4"


def test_objects_without_a_node_are_an_error_and_not_an_empty_offer() -> None:
    with pytest.raises(InvalidInputError) as error:
        read_node_supply(load_manifests("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n", "x.yaml"))
    assert error.value.field == "nodes"


def test_nodes_without_a_usable_accelerator_are_no_plan_with_the_reasons() -> None:
    shared = node_of_labels("shared", {"nvidia.com/gpu.product": "Tesla-T4", "nvidia.com/gpu.replicas": "4"})
    with pytest.raises(NoPlanError, match="node shared: the accelerators are shared"):
        usable_accelerators(read_node_supply([shared]))
    with pytest.raises(NoPlanError, match="no node has accelerators"):
        usable_accelerators(read_node_supply([node_of_labels("plain", {})]))
