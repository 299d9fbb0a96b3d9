"""From a plan to what rendering needs: image, arguments, host resources and scaling thresholds."""

from collections.abc import Mapping

from neuroscale.architecture.labels import architecture_labels
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.manifests.rendering.endpoint import RenderedFile, render_endpoint
from neuroscale.manifests.rendering.request import EndpointRequest, EngineDeployment
from neuroscale.planning.candidates import engine_arguments
from neuroscale.planning.plan import ServingPlan

ENGINE_IMAGES: Mapping[str, str] = {"nvidia": "vllm/vllm-openai"}

# A replica whose queue is this deep is saturated; the threshold of llm-d's Workload Variant Autoscaler
# (docs/saturation-scaling-config.md, 2026-02-19).
WAITING_REQUESTS_PER_REPLICA = 5

_GIBIBYTE = 1 << 30
# Loading passes through the page cache, which the kernel can reclaim; what must stay is the engine's own processes.
_HOST_MEMORY_BYTES_PER_POD = 8 * _GIBIBYTE
_HOST_MEMORY_BYTES_PER_ACCELERATOR = 8 * _GIBIBYTE
_SHARED_MEMORY_BYTES_PER_ACCELERATOR = 2 * _GIBIBYTE


def engine_image(plan: ServingPlan) -> str:
    """Return the engine's image with the tag of the plan's version."""
    return f"{ENGINE_IMAGES[plan.accelerator.vendor]}:v{plan.engine_version}"


def engine_deployment(plan: ServingPlan) -> EngineDeployment:
    """Return what one replica of the plan runs."""
    accelerators = plan.accelerators_per_replica
    shared_memory_bytes = accelerators * _SHARED_MEMORY_BYTES_PER_ACCELERATOR
    return EngineDeployment(
        image=engine_image(plan),
        arguments=engine_arguments(plan.settings),
        accelerator=plan.accelerator,
        accelerators_per_pod=accelerators,
        host_memory_bytes=(
            _HOST_MEMORY_BYTES_PER_POD + accelerators * _HOST_MEMORY_BYTES_PER_ACCELERATOR + shared_memory_bytes
        ),
        shared_memory_bytes=shared_memory_bytes,
        checkpoint_bytes=plan.checkpoint_bytes,
        load_seconds=plan.load_seconds,
        minimum_replicas=plan.minimum_replicas,
        maximum_replicas=plan.maximum_replicas,
        waiting_requests_per_replica=WAITING_REQUESTS_PER_REPLICA,
        time_to_first_token_seconds=plan.time_to_first_token_seconds,
    )


def render_planned_endpoint(
    request: EndpointRequest, plan: ServingPlan, architecture: ModelArchitecture
) -> tuple[RenderedFile, ...]:
    """Return the files of the endpoint as the plan serves it."""
    return render_endpoint(request, engine_deployment(plan), architecture_labels(architecture))
