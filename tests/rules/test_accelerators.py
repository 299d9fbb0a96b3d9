"""Which accelerators a pod can land on, and how certain a verdict about their memory is."""

from dataclasses import replace

import pytest

from neuroscale.rules.context import IndexedContext
from neuroscale.rules.judge import judge
from tests.rules.objects import cluster_facts, endpoint, engine_findings, node, rules_of

L4 = {"nvidia.com/gpu.product": "NVIDIA-L4"}
H100 = {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"}
GEMMA = ["--model=google/gemma-4-26B-A4B"]


def test_the_pods_own_node_labels_are_certain() -> None:
    assert rules_of(engine_findings(endpoint(GEMMA, accelerators=1, node_labels=L4))) == [("NS201", "deny")]


def test_the_nodes_of_today_are_only_a_warning() -> None:
    findings = engine_findings(endpoint(GEMMA, accelerators=1), context=[node("a", L4), node("b", L4)])
    assert rules_of(findings) == [("NS201", "warn")]


def test_one_node_that_fits_is_enough() -> None:
    assert engine_findings(endpoint(GEMMA, accelerators=1), context=[node("a", L4), node("b", H100)]) == ()


def test_a_node_whose_accelerator_nobody_knows_may_fit() -> None:
    context = [node("a", L4), node("b", {"nvidia.com/gpu.product": "NVIDIA-Something-New"})]
    assert engine_findings(endpoint(GEMMA, accelerators=1), context=context) == ()


def test_nodes_that_the_pod_cannot_land_on_do_not_count() -> None:
    pool = {"pool": "inference"}
    context = [node("a", {**L4, **pool}), node("b", H100)]
    findings = engine_findings(endpoint(GEMMA, accelerators=1, node_labels=pool), context=context)
    assert rules_of(findings) == [("NS201", "warn")]


def test_nodes_without_accelerators_do_not_count() -> None:
    context = [node("a", L4), node("b", {}, accelerators=0)]
    assert rules_of(engine_findings(endpoint(GEMMA, accelerators=1), context=context)) == [("NS201", "warn")]


@pytest.mark.parametrize(
    "product", ["NVIDIA-L4-SHARED", "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb", "NVIDIA-Something-New"]
)
def test_shares_and_unknown_products_are_not_judged(product: str) -> None:
    labels = {"nvidia.com/gpu.product": product}
    assert engine_findings(endpoint(GEMMA, accelerators=1, node_labels=labels)) == ()


def test_a_pod_without_accelerators_is_not_judged() -> None:
    assert engine_findings(endpoint(GEMMA, node_labels=L4)) == ()


@pytest.mark.parametrize("option", ["--cpu-offload-gb=40", "--offload-backend=uva", "--cpu-offload-gb=$(HOST_GIB)"])
def test_weights_that_may_stay_in_the_hosts_memory_are_not_judged(option: str) -> None:
    offloaded = endpoint([*GEMMA, option], accelerators=1, node_labels=L4)
    assert "NS201" not in dict(rules_of(engine_findings(offloaded)))


def test_a_utilisation_that_only_the_shell_knows_counts_as_the_whole_device() -> None:
    labels = {**H100, "nvidia.com/gpu.memory": "50000"}
    hidden = endpoint([*GEMMA, "--gpu-memory-utilization=$(UTILIZATION)"], accelerators=1, node_labels=labels)
    assert "NS201" not in dict(rules_of(engine_findings(hidden)))
    assert rules_of(engine_findings(endpoint(GEMMA, accelerators=1, node_labels=labels))) == [("NS201", "deny")]


def test_an_indexed_context_knows_the_nodes_too() -> None:
    facts = cluster_facts(node("a", L4))
    indexed = replace(facts, context=IndexedContext(facts.context))
    service = endpoint(GEMMA, accelerators=1)
    assert judge([service], indexed) == judge([service], facts)
