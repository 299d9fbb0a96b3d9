"""Models that no node holds: replicas of several pods, within what KServe spreads over nodes."""

from dataclasses import replace

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.errors import NoPlanError
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.planning.plan import Demand
from neuroscale.planning.planner import plan_serving

H100 = accelerator_by_name("h100-80gb-sxm")


def architecture(repository: str) -> ModelArchitecture:
    """Return a model of the catalogue."""
    known = load_catalogue().find(repository)
    assert known is not None
    return known


def test_a_mixture_that_no_node_holds_is_spread_by_data_parallel_ranks() -> None:
    plans = plan_serving(architecture("deepseek-ai/DeepSeek-V3"), Demand(8192, 4), [H100]).plans
    assert plans
    for plan in plans:
        settings = plan.settings
        assert plan.pods_per_replica > 1
        assert settings.enable_expert_parallel
        assert settings.pipeline_parallel_size == 1
        assert settings.data_parallel_size_local is not None
        assert settings.data_parallel_size == plan.pods_per_replica * settings.data_parallel_size_local
        assert settings.tensor_parallel_size * settings.data_parallel_size_local == plan.accelerators_per_pod == 8


def test_a_pod_takes_whole_nodes_of_the_size_that_there_is() -> None:
    smaller = replace(accelerator_by_name("h200-141gb-sxm"), accelerators_per_node=4)
    plans = plan_serving(architecture("deepseek-ai/DeepSeek-V3"), Demand(8192, 4), [smaller]).plans
    assert {plan.accelerators_per_pod for plan in plans} == {4}


def test_several_nodes_are_not_taken_where_one_serves() -> None:
    plans = plan_serving(architecture("google/gemma-4-26B-A4B"), Demand(8192, 4), [H100]).plans
    assert {plan.pods_per_replica for plan in plans} == {1}


def test_a_dense_model_is_not_spread_because_no_preset_does_it() -> None:
    with pytest.raises(NoPlanError):
        plan_serving(architecture("meta-llama/Meta-Llama-3.1-405B"), Demand(8192, 4), [H100])
