"""The planner: from what a model must do to how it is served, within the rules that admission enforces."""

import math
from collections.abc import Iterator, Sequence

from packaging.version import Version

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_architectures import implemented_class
from neuroscale.engines.vllm_facts import derived_maximum_tokens, fact_holds
from neuroscale.engines.vllm_model_limits import refuses_float16
from neuroscale.errors import InvalidInputError, NoPlanError
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.workload import AcceleratorRequest, ServingWorkload
from neuroscale.planning.autoscaling import WAITING_REQUESTS_PER_REPLICA, stabilization_seconds
from neuroscale.planning.candidates import REQUESTS_PER_RANK, candidate_settings, engine_arguments
from neuroscale.planning.engine_deployment import ENGINE_IMAGES
from neuroscale.planning.plan import AutoscalingPlan, Demand, MemoryPlan, PlanningResult, RefusedPlan, ServingPlan
from neuroscale.rules.finding import Severity, Violation
from neuroscale.rules.registry import all_rules
from neuroscale.rules.subject import Deployment
from neuroscale.sizing.memory import memory_budget, request_capacity
from neuroscale.sizing.weights import weight_bytes_per_accelerator

DEFAULT_ENGINE_VERSION = Version("0.33.0")

# Pessimistic on purpose: a probe that is too short kills a model that is still loading.
MODEL_LOAD_BYTES_PER_SECOND = 200_000_000
ENGINE_START_SECONDS = 120.0

# The share of peak arithmetic that a long prefill reaches at least, and what is granted beyond the prefill itself.
PREFILL_EFFICIENCY = 0.4
TIME_TO_FIRST_TOKEN_SLACK_SECONDS = 1.0

_GIBIBYTE = 1 << 30

# The images are built with CUDA 13, which compiles for nothing older than compute capability 7.5.
# Source: vLLM pull request 39878, merged for 0.20.0.
_FIRST_VERSION_WITHOUT_VOLTA = Version("0.20.0")
_VOLTA = frozenset({"v100-16gb", "v100-32gb"})


def plan_serving(
    architecture: ModelArchitecture,
    demand: Demand,
    accelerators: Sequence[Accelerator],
    engine_version: Version = DEFAULT_ENGINE_VERSION,
) -> PlanningResult:
    """Return every plan that meets the demand, best first: least accelerator memory, then fewest devices and cuts.

    Each candidate is judged by the same rules as admission, and its memory is taken at the pessimistic bounds.

    Raises:
        InvalidInputError: The demand cannot be met by any hardware, or the model's facts do not suffice to plan.
        NoPlanError: Nothing that was offered suffices; the message says what came nearest.
    """
    _refuse_absent_class(architecture, engine_version)
    context_length_tokens = _context_length(architecture, demand, engine_version)
    if architecture.parameters is None or architecture.attention is None:
        raise InvalidInputError(
            "the architecture is not known well enough to size it: " + "; ".join(architecture.unread),
            field="model",
        )
    plans: list[ServingPlan] = []
    refused: list[RefusedPlan] = []
    for accelerator in accelerators:
        obstacle = _obstacle(architecture, accelerator, engine_version)
        if obstacle is not None:
            refused.append(RefusedPlan(accelerator.name, (), "", obstacle))
            continue
        for settings in candidate_settings(architecture, accelerator, engine_version, context_length_tokens):
            outcome = _evaluate(architecture, demand, accelerator, settings, context_length_tokens)
            if isinstance(outcome, ServingPlan):
                plans.append(outcome)
            else:
                refused.append(outcome)
    if not plans:
        raise NoPlanError(
            "none of the accelerators offered can serve this model as asked: " + _nearest(refused, accelerators),
            field="accelerators",
            fix="offer larger accelerators, or ask for a shorter context",
        )
    plans.sort(key=_rank)
    return PlanningResult(plans=tuple(plans), refused=tuple(refused))


def _context_length(architecture: ModelArchitecture, demand: Demand, engine_version: Version) -> int:
    maximum = derived_maximum_tokens(architecture, engine_version)
    if demand.concurrent_requests < 1:
        raise InvalidInputError("must be at least 1", field="concurrency")
    if demand.context_length_tokens is None:
        if maximum is None:
            raise InvalidInputError(
                "the model does not say how long its context is", field="contextLength", fix="state the length"
            )
        return maximum
    if demand.context_length_tokens < 1:
        raise InvalidInputError("must be at least 1 token", field="contextLength")
    if maximum is not None and demand.context_length_tokens > maximum:
        raise InvalidInputError(
            f"{demand.context_length_tokens} tokens is more than the model's maximum of {maximum}",
            field="contextLength",
            fix=f"ask for at most {maximum}",
        )
    return demand.context_length_tokens


def _refuse_absent_class(architecture: ModelArchitecture, engine_version: Version) -> None:
    known = [implemented_class(name) for name in architecture.class_names]
    missed = [each for each in known if each is not None and each.is_missed(engine_version)]
    if not missed or len(missed) != len(known):
        return
    absent = missed[0]
    if absent.absent_from is not None and engine_version >= absent.absent_from:
        raise InvalidInputError(
            f"vLLM {engine_version} no longer has {absent.name}", field="engine", fix=f"use vllm@{absent.until}"
        )
    raise InvalidInputError(
        f"vLLM {engine_version} does not have {absent.name} yet", field="engine", fix=f"use vllm@{absent.since}"
    )


def _obstacle(architecture: ModelArchitecture, accelerator: Accelerator, engine_version: Version) -> str | None:
    """Return why no settings at all can serve the model on this kind of accelerator."""
    if accelerator.vendor not in ENGINE_IMAGES:
        return f"no engine image is known for accelerators of {accelerator.vendor}"
    if accelerator.bfloat16_flops is None:
        falls_back = fact_holds("auto-data-type-falls-back", engine_version) is True
        if architecture.data_type == "bfloat16" and not falls_back:
            return "it has no bfloat16 arithmetic, which the model is stored in"
        if refuses_float16(architecture.model_type, engine_version):
            return (
                "it has no bfloat16 arithmetic, and vLLM does not compute this type of model in float16: float32 "
                "would be left, at twice the memory"
            )
    if accelerator.name in _VOLTA and engine_version >= _FIRST_VERSION_WITHOUT_VOLTA:
        return f"vLLM {engine_version} is built for compute capability 7.5 and newer, this device has 7.0"
    return None


def _evaluate(
    architecture: ModelArchitecture,
    demand: Demand,
    accelerator: Accelerator,
    settings: EngineSettings,
    context_length_tokens: int,
) -> ServingPlan | RefusedPlan:
    arguments = engine_arguments(settings)
    for rule, message in _objections(architecture, accelerator, settings):
        return RefusedPlan(accelerator.name, arguments, rule, message)
    memory, requests_per_rank = _memory_plan(architecture, accelerator, settings, context_length_tokens)
    if requests_per_rank < 1:
        return RefusedPlan(accelerator.name, arguments, "", _memory_sentence(memory, context_length_tokens))
    # A data-parallel rank keeps the cache of its own requests only.
    per_replica = min(requests_per_rank, REQUESTS_PER_RANK) * settings.data_parallel_size
    minimum = max(demand.least_replicas, math.ceil(demand.concurrent_requests / per_replica))
    checkpoint_bytes = _checkpoint_bytes(architecture, settings)
    load_seconds = ENGINE_START_SECONDS + checkpoint_bytes / MODEL_LOAD_BYTES_PER_SECOND
    return ServingPlan(
        accelerator=accelerator,
        settings=settings,
        engine_version=settings.version or DEFAULT_ENGINE_VERSION,
        context_length_tokens=context_length_tokens,
        concurrent_requests_per_replica=per_replica,
        minimum_replicas=minimum,
        maximum_replicas=2 * minimum,
        memory=memory,
        checkpoint_bytes=checkpoint_bytes,
        load_seconds=load_seconds,
        autoscaling=AutoscalingPlan(
            waiting_requests_per_replica=WAITING_REQUESTS_PER_REPLICA,
            time_to_first_token_seconds=_time_to_first_token(
                architecture, accelerator, settings, context_length_tokens
            ),
            stabilization_seconds=stabilization_seconds(load_seconds),
        ),
    )


def _checkpoint_bytes(architecture: ModelArchitecture, settings: EngineSettings) -> int:
    """Return the weights as they are stored: once, whatever the ranks hold twice."""
    stored = weight_bytes_per_accelerator(architecture, EngineSettings(settings.engine, settings.version))
    if stored is None:
        raise InvalidInputError("the architecture is not known well enough to size its weights", field="model")
    return stored.pessimistic_bytes


def _memory_plan(
    architecture: ModelArchitecture, accelerator: Accelerator, settings: EngineSettings, context_length_tokens: int
) -> tuple[MemoryPlan, int]:
    """Return the budget of one accelerator, and the requests that one data-parallel rank holds."""
    budget = memory_budget(architecture, settings, accelerator)
    capacity = request_capacity(architecture, settings, budget, context_length_tokens)
    if budget.weights is None or budget.least_kv_cache_bytes is None or capacity is None:
        raise InvalidInputError("the architecture is not known well enough to size its memory", field="model")
    memory = MemoryPlan(
        accelerator_bytes=budget.memory_bytes,
        usable_bytes=budget.usable_bytes,
        weights_bytes=budget.weights.pessimistic_bytes,
        overhead_bytes=budget.overhead.pessimistic_bytes,
        kv_cache_bytes=budget.least_kv_cache_bytes,
        kv_cache_bytes_per_request=capacity.bytes_per_request,
    )
    return memory, capacity.least_requests


def _objections(
    architecture: ModelArchitecture, accelerator: Accelerator, settings: EngineSettings
) -> Iterator[tuple[str, str]]:
    """Yield rule id and message of every denial and warning that admission would give these settings."""
    candidate = ManifestObject("serving.kserve.io/v1beta1", "InferenceService", "", "candidate", {})
    deployment = Deployment(
        workload=ServingWorkload(
            manifest=candidate,
            part="predictor",
            container_path=("spec", "predictor", "containers", 0),
            settings=settings,
            model=None,
            accelerators=AcceleratorRequest(
                accelerator.resource_name, settings.world_size, ("spec", "predictor", "containers", 0, "resources")
            ),
        ),
        architecture=architecture,
        architecture_source="catalogue",
        accelerators=(accelerator,),
        accelerators_source="node labels",
    )
    for rule in all_rules():
        if rule.subject is Deployment:
            for outcome in rule.judge(deployment):
                if isinstance(outcome, Violation) and (outcome.severity or rule.severity) is not Severity.INFO:
                    yield rule.identifier, outcome.message


def _time_to_first_token(
    architecture: ModelArchitecture, accelerator: Accelerator, settings: EngineSettings, context_length_tokens: int
) -> float:
    """Return a slack plus twice the prefill of the longest prompt, at 2 FLOPs per active parameter and token."""
    peak = accelerator.bfloat16_flops or accelerator.float16_flops
    active = architecture.active_parameters
    if peak is None or active is None:
        return 2 * TIME_TO_FIRST_TOKEN_SLACK_SECONDS
    prefill_seconds = (
        2 * active * context_length_tokens / (peak * settings.tensor_parallel_size * PREFILL_EFFICIENCY)
    )
    return round(2 * prefill_seconds + TIME_TO_FIRST_TOKEN_SLACK_SECONDS, 1)


def _rank(plan: ServingPlan) -> tuple[int, int, int, int, bool, str]:
    settings = plan.settings
    return (
        plan.occupied_memory_bytes,
        plan.minimum_replicas * plan.accelerators_per_replica,
        settings.data_parallel_size,
        settings.tensor_parallel_size,
        settings.enable_expert_parallel,
        plan.accelerator.name,
    )


def _memory_sentence(memory: MemoryPlan, context_length_tokens: int) -> str:
    weights, overhead, per_request, usable = (
        f"{amount_bytes / _GIBIBYTE:.2f} GiB"
        for amount_bytes in (
            memory.weights_bytes,
            memory.overhead_bytes,
            memory.kv_cache_bytes_per_request,
            memory.usable_bytes,
        )
    )
    return (
        f"{weights} weights + {overhead} overhead + {per_request} KV cache for one request of "
        f"{context_length_tokens} tokens exceed the {usable} usable per accelerator"
    )


def _nearest(refused: Sequence[RefusedPlan], accelerators: Sequence[Accelerator]) -> str:
    """Return the refusal of the most divided candidate on the largest accelerator that could be tried."""
    if not refused:
        return "none was offered"
    memory_bytes = {accelerator.name: accelerator.memory_bytes for accelerator in accelerators}
    tried = [candidate for candidate in refused if candidate.arguments]
    nearest = max(reversed(tried or refused), key=lambda candidate: memory_bytes[candidate.accelerator])
    place = " ".join((nearest.accelerator, *(("with", *nearest.arguments) if nearest.arguments else ())))
    return f"{place}: {nearest.reason}"
