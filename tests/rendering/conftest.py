"""A request and a way to serve it, as the planner would hand them over."""

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.profile import make_profile
from neuroscale.hardware.catalogue import load_accelerators
from neuroscale.manifests.rendering.request import EndpointRequest, EngineDeployment

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
        arguments=("--max-model-len=32768", "--tensor-parallel-size=2"),
        accelerator=next(iter(load_accelerators().values())),
        accelerators_per_pod=2,
        host_memory_bytes=28 << 30,
        shared_memory_bytes=4 << 30,
        checkpoint_bytes=51_611_867_744,
        load_seconds=378.5,
        minimum_replicas=2,
        maximum_replicas=4,
        waiting_requests_per_replica=5,
        time_to_first_token_seconds=2.5,
    )
