"""From a plan to what rendering needs: image, arguments, host resources and scaling thresholds."""

import math
from collections.abc import Mapping
from dataclasses import replace

from neuroscale.architecture.labels import architecture_labels
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.endpoint import RenderedFile, render_endpoint
from neuroscale.manifests.rendering.endpoint_kind import endpoint_kind
from neuroscale.manifests.rendering.request import EndpointRequest
from neuroscale.planning.candidates import engine_arguments
from neuroscale.planning.plan import PlanningResult, PlanSpeed, ServingPlan

ENGINE_IMAGES: Mapping[str, str] = {"nvidia": "vllm/vllm-openai"}

_GIBIBYTE = 1 << 30
# Loading passes through the page cache, which the kernel can reclaim; what must stay is the engine's own processes.
_HOST_MEMORY_BYTES_PER_POD = 8 * _GIBIBYTE
_HOST_MEMORY_BYTES_PER_ACCELERATOR = 8 * _GIBIBYTE
_SHARED_MEMORY_BYTES_PER_ACCELERATOR = 2 * _GIBIBYTE

# Requests in flight get the time of a typical answer. Beyond these ten minutes in all the cluster autoscaler waits
# for no pod (its FAQ, `--max-graceful-termination-sec`); 20 seconds of them are for proxies and for the exit.
_SHORTEST_DRAIN_SECONDS = 40
_LONGEST_DRAIN_SECONDS = 580


def engine_image(plan: ServingPlan) -> str:
    """Return the engine's image with the tag of the plan's version."""
    return f"{ENGINE_IMAGES[plan.accelerator.vendor]}:v{plan.engine_version}"


def engine_deployment(plan: ServingPlan) -> EngineDeployment:
    """Return what one replica of the plan runs."""
    accelerators = plan.accelerators_per_pod
    shared_memory_bytes = accelerators * _SHARED_MEMORY_BYTES_PER_ACCELERATOR
    return EngineDeployment(
        image=engine_image(plan),
        engine_version=plan.engine_version,
        arguments=engine_arguments(plan.settings),
        accelerator=plan.accelerator,
        accelerators_per_pod=accelerators,
        host_memory_bytes=(
            _HOST_MEMORY_BYTES_PER_POD + accelerators * _HOST_MEMORY_BYTES_PER_ACCELERATOR + shared_memory_bytes
        ),
        shared_memory_bytes=shared_memory_bytes,
        checkpoint_bytes=plan.checkpoint_bytes,
        load_seconds=plan.load_seconds,
        drain_seconds=_drain_seconds(plan.speed),
        minimum_replicas=plan.minimum_replicas,
        maximum_replicas=plan.maximum_replicas,
        waiting_requests_per_replica=plan.autoscaling.waiting_requests_per_replica,
        time_to_first_token_seconds=plan.autoscaling.time_to_first_token_seconds,
        stabilization_seconds=plan.autoscaling.stabilization_seconds,
        pods_per_replica=plan.pods_per_replica,
        tensor_parallel_size=plan.settings.tensor_parallel_size,
        data_parallel_size=plan.settings.data_parallel_size,
        expert_parallel=plan.settings.enable_expert_parallel,
    )


def servable_plans(request: EndpointRequest, result: PlanningResult) -> PlanningResult:
    """Return the result with those plans alone that the object which was asked for can serve, best first.

    Raises:
        InvalidInputError: None is left; the message is about the best one.
    """
    servable: list[ServingPlan] = []
    refusal: InvalidInputError | None = None
    for plan in result.plans:
        try:
            endpoint_kind(request, engine_deployment(plan))
        except InvalidInputError as error:
            refusal = refusal or error
        else:
            servable.append(plan)
    if refusal is not None and not servable:
        raise refusal
    return replace(result, plans=tuple(servable))


def render_planned_endpoint(
    request: EndpointRequest, plan: ServingPlan, architecture: ModelArchitecture
) -> tuple[RenderedFile, ...]:
    """Return the files of the endpoint as the plan serves it.

    Raises:
        InvalidInputError: What was asked for cannot run the replicas as they are planned.
    """
    return render_endpoint(request, engine_deployment(plan), architecture_labels(architecture))


def _drain_seconds(speed: PlanSpeed | None) -> int:
    """Return the prudent time of a typical answer, within what a drained node waits for."""
    if speed is None:
        return _SHORTEST_DRAIN_SECONDS
    first, each = speed.time_to_first_token, speed.time_per_output_token
    answer_seconds = first.pessimistic_seconds + speed.output_tokens * each.pessimistic_seconds
    return min(max(math.ceil(answer_seconds), _SHORTEST_DRAIN_SECONDS), _LONGEST_DRAIN_SECONDS)
