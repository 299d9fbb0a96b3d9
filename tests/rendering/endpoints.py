"""A request and ways to serve it, as the planner would hand them over, and what is rendered of them."""

from dataclasses import replace
from typing import Any

import yaml
from packaging.version import Version

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.profile import make_profile
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.endpoint import render_endpoint
from neuroscale.manifests.rendering.request import EndpointRequest
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts

GEMMA = "google/gemma-4-26B-A4B"
LABELS = {"model-architecture": "moe", "active-param-ratio": "0.15", "total-params": "25.2B"}


def gemma_request() -> EndpointRequest:
    """Return a developer's request."""
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


def engine_of_one_pod() -> EngineDeployment:
    """Return replicas of one pod with two devices."""
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


def engine_of_a_group() -> EngineDeployment:
    """Return replicas of two pods with eight devices each: sixteen data-parallel ranks that share the experts."""
    return replace(
        engine_of_one_pod(),
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


def rendered(request: EndpointRequest, engine: EngineDeployment) -> dict[str, Any]:
    """Return the parsed files of an endpoint by path."""
    return {file.path: yaml.safe_load(file.content) for file in render_endpoint(request, engine, LABELS)}


def findings_of(request: EndpointRequest, engine: EngineDeployment) -> list[str]:
    """Return what the rules say about the files of an endpoint."""
    files = render_endpoint(request, engine, LABELS)
    objects = [manifest for file in files for manifest in load_manifests(file.content, file.path)]
    facts = ClusterFacts(models=load_catalogue(), kserve_version=request.kserve_version)
    return [f"{finding.rule} {finding.field}: {finding.message}" for finding in judge(objects, facts)]
