"""A request and a way to serve it, as the planner would hand them over."""

from dataclasses import replace

import pytest
from packaging.version import Version

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.profile import make_profile
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.request import EndpointRequest

GEMMA = "google/gemma-4-26B-A4B"


@pytest.fixture
def request_for_gemma() -> EndpointRequest:
    """A developer's request."""
    entry = load_catalogue().entry(GEMMA)
    assert entry is not None
    return EndpointRequest(
        name="gemma",
        namespace="team-a",
        owner="group:default/search",
        cost_center="cc-1234",
        environment="production",
        profile=make_profile(GEMMA, entry.revision, entry.config),
        profile_signature="c2lnbmF0dXJl",
    )


@pytest.fixture
def two_accelerators() -> EngineDeployment:
    """Two devices per pod."""
    return EngineDeployment(
        image="vllm/vllm-openai:v0.33.0",
        engine_version=Version("0.33.0"),
        arguments=("--max-model-len=32768", "--tensor-parallel-size=2"),
        accelerator=accelerator_by_name("h100-80gb-sxm"),
        accelerators_per_pod=2,
        host_memory_bytes=28 << 30,
        shared_memory_bytes=4 << 30,
        checkpoint_bytes=51_611_867_744,
        load_seconds=378.5,
        drain_seconds=90,
        minimum_replicas=2,
        maximum_replicas=4,
        waiting_requests_per_replica=5,
        time_to_first_token_seconds=2.5,
        stabilization_seconds=758,
        tensor_parallel_size=2,
    )


@pytest.fixture
def group_of_pods(two_accelerators: EngineDeployment) -> EngineDeployment:
    """Replicas of two pods with eight devices each: sixteen data-parallel ranks that share the experts."""
    return replace(
        two_accelerators,
        arguments=(
            "--max-model-len=32768",
            "--data-parallel-size=16",
            "--data-parallel-size-local=8",
            "--enable-expert-parallel",
        ),
        accelerators_per_pod=8,
        pods_per_replica=2,
        tensor_parallel_size=1,
        data_parallel_size=16,
        expert_parallel=True,
    )
