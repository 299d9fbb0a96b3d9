"""The planner: from what a model must do to how it is served, within the rules that admission enforces."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from packaging.version import Version

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.errors import InvalidInputError
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.planning.autoscaling import autoscaling_plan
from neuroscale.planning.candidates import (
    EngineRequest,
    Layout,
    batched_layouts,
    engine_arguments,
    layout_settings,
    node_layouts,
    pod_layouts,
    with_maximum_sequences,
)
from neuroscale.planning.capacity import (
    REQUESTS_PER_RANK,
    LayoutMemory,
    layout_memory,
    memory_on,
    memory_sentence,
    requests_that_fit,
)
from neuroscale.planning.judgement import gravest_objection
from neuroscale.planning.limits import (
    context_length_tokens,
    obstacle,
    refuse_absent_class,
    refuse_unsized_quantization,
    speed_demand,
)
from neuroscale.planning.plan import (
    ConcurrencyLimit,
    Demand,
    PlanningResult,
    PlanSpeed,
    RefusedPlan,
    ServingPlan,
    TokenRate,
)
from neuroscale.planning.pricing import plan_cost
from neuroscale.planning.ranking import is_outdone, ranked
from neuroscale.planning.refusals import no_plan
from neuroscale.planning.speed import ReplicaSpeed, SpeedDemand, choose_batch
from neuroscale.prices.price import Commitment, PriceBook
from neuroscale.rules.finding import Severity
from neuroscale.sizing.weights import weight_bytes_per_accelerator

DEFAULT_ENGINE_VERSION = Version("0.33.0")

# Pessimistic on purpose: a probe that is too short kills a model that is still loading.
MODEL_LOAD_BYTES_PER_SECOND = 200_000_000
ENGINE_START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class _Divided:
    """A layout with what does not depend on the accelerator, worked out once."""

    layout: Layout
    settings: EngineSettings
    memory: LayoutMemory


@dataclass(frozen=True, slots=True)
class _Question:
    """Everything that is asked, with what was derived of it."""

    architecture: ModelArchitecture
    demand: Demand
    engine: EngineRequest
    speed: SpeedDemand
    checkpoint_bytes: int
    prices: PriceBook | None
    region: str | None
    commitment: Commitment


def plan_serving(
    architecture: ModelArchitecture,
    demand: Demand,
    accelerators: Sequence[Accelerator],
    engine_version: Version = DEFAULT_ENGINE_VERSION,
    prices: PriceBook | None = None,
    region: str | None = None,
    commitment: Commitment = "on-demand",
) -> PlanningResult:
    """Return the plans that meet the demand, best first: see `ranking` for what is better.

    Memory is taken at the pessimistic bounds, and so are latencies; where only the optimistic bound of a latency
    meets the demand, the plan says so and comes after those that meet it for certain. Every plan was judged by the
    same rules as admission, and none draws as much as a warning. Layouts over several nodes are tried where no
    plan on the same kind of accelerator fits one.

    Args:
        architecture: The model.
        demand: What the endpoint must do.
        accelerators: Kinds on offer; each pod takes at most `accelerators_per_node` of them.
        engine_version: Release of vLLM.
        prices: The platform's price book; None ranks by memory.
        region: Where the accelerators are bought; None takes prices that hold everywhere.
        commitment: How they are bought.

    Raises:
        InvalidInputError: The demand cannot be met by any hardware, or the model's facts do not suffice to plan.
        NoPlanError: Nothing that was offered suffices; the message says what came nearest.
    """
    question = _question(architecture, demand, engine_version, prices, region, commitment)
    in_one_pod = pod_layouts(architecture, question.engine)
    divided: dict[Layout, _Divided] = {}
    plans: list[ServingPlan] = []
    refused: list[RefusedPlan] = []
    outdone = 0
    for accelerator in accelerators:
        reason = obstacle(architecture, accelerator, engine_version)
        if reason is not None:
            refused.append(RefusedPlan(accelerator.name, (), "hardware", reason))
            continue
        fitting = [each for each in in_one_pod if each.accelerators_per_pod <= accelerator.accelerators_per_node]
        for layouts in (fitting, node_layouts(architecture, accelerator)):
            batched = batched_layouts(layouts, architecture, accelerator)
            known = [_divided(question, layout, divided) for layout in batched]
            outcomes = [_evaluate(question, accelerator, each) for each in known]
            refused.extend(outcome for outcome in outcomes if isinstance(outcome, RefusedPlan))
            candidates = [outcome for outcome in outcomes if isinstance(outcome, ServingPlan)]
            taken, objected, passed_over = _judged(architecture, candidates)
            plans.extend(taken)
            refused.extend(objected)
            outdone += passed_over
            if taken:
                break
    if not plans:
        raise no_plan(refused, accelerators)
    best_first = ranked(plans)
    unpriced = dict.fromkeys(plan.accelerator.name for plan in best_first if plan.cost is None)
    return PlanningResult(
        plans=tuple(best_first),
        refused=tuple(refused),
        outdone=outdone,
        unpriced=() if prices is None else tuple(unpriced),
    )


def _question(
    architecture: ModelArchitecture,
    demand: Demand,
    engine_version: Version,
    prices: PriceBook | None,
    region: str | None,
    commitment: Commitment,
) -> _Question:
    refuse_absent_class(architecture, engine_version)
    refuse_unsized_quantization(architecture, demand.quantization)
    context_tokens = context_length_tokens(architecture, demand, engine_version)
    speed = speed_demand(demand, context_tokens)
    stored = weight_bytes_per_accelerator(architecture, EngineSettings("vllm", engine_version))
    if architecture.attention is None or stored is None:
        raise InvalidInputError(
            "the architecture is not known well enough to size it: " + "; ".join(architecture.unread),
            field="model",
        )
    return _Question(
        architecture=architecture,
        demand=demand,
        engine=EngineRequest(engine_version, context_tokens, demand.kv_cache_data_type, demand.quantization),
        speed=speed,
        # Stored once, whatever the ranks hold twice.
        checkpoint_bytes=stored.pessimistic_bytes,
        prices=prices,
        region=region,
        commitment=commitment,
    )


def _divided(question: _Question, layout: Layout, known: dict[Layout, _Divided]) -> _Divided:
    if layout not in known:
        settings = layout_settings(layout, question.engine)
        memory = layout_memory(
            question.architecture, settings, question.engine.context_length_tokens, question.speed.request_tokens
        )
        known[layout] = _Divided(layout, settings, memory)
    return known[layout]


def _evaluate(question: _Question, accelerator: Accelerator, divided: _Divided) -> ServingPlan | RefusedPlan:
    """Return the plan that a layout makes on an accelerator, or the sum that stands against it."""
    architecture, settings, pods = question.architecture, divided.settings, divided.layout.pods
    context_tokens = question.engine.context_length_tokens
    room = requests_that_fit(divided.memory, architecture, settings, accelerator)
    if room.requests < 1:
        reason = memory_sentence(divided.memory, room.memory, context_tokens)
        return RefusedPlan(accelerator.name, engine_arguments(settings), "memory", reason, pods=pods)
    batch = choose_batch(architecture, settings, accelerator, question.speed, room.requests)
    if batch.requests_per_rank < 1:
        return RefusedPlan(accelerator.name, engine_arguments(settings), "latency", batch.refusal, pods=pods)
    settings, memory = room.settings, room.memory
    if batch.requests_per_rank < room.requests or (
        question.speed.asks_for_latency and settings.maximum_sequences is None
    ):
        # What is promised is then what the engine keeps to, whatever its default on this device.
        settings = with_maximum_sequences(settings, batch.requests_per_rank)
        memory = memory_on(divided.memory, architecture, settings, accelerator)
    per_replica = batch.requests_per_rank * settings.data_parallel_size
    replicas = _replicas(question.demand, per_replica, batch.speed)
    load_seconds = ENGINE_START_SECONDS + question.checkpoint_bytes / MODEL_LOAD_BYTES_PER_SECOND
    speed = None if batch.speed is None else _plan_speed(question.speed, batch.speed, replicas)
    return ServingPlan(
        accelerator=accelerator,
        settings=settings,
        engine_version=question.engine.version,
        context_length_tokens=context_tokens,
        request_length_tokens=question.speed.request_tokens,
        concurrent_requests_per_replica=per_replica,
        concurrency_limit=_concurrency_limit(batch.requests_per_rank, room.requests),
        minimum_replicas=replicas,
        maximum_replicas=2 * replicas,
        memory=memory,
        checkpoint_bytes=question.checkpoint_bytes,
        load_seconds=load_seconds,
        autoscaling=autoscaling_plan(
            architecture,
            divided.settings,
            accelerator,
            context_tokens,
            question.demand.time_to_first_token_seconds,
            load_seconds,
        ),
        pods_per_replica=pods,
        speed=speed,
        cost=None
        if question.prices is None
        else plan_cost(
            question.prices,
            accelerator,
            replicas * settings.world_size,
            None if speed is None else speed.endpoint,
            question.region,
            question.commitment,
        ),
        shortfalls=batch.shortfalls,
    )


def _concurrency_limit(requests_per_rank: int, fitting: int) -> ConcurrencyLimit:
    if requests_per_rank < fitting:
        return "latency"
    return "memory" if fitting < REQUESTS_PER_RANK else "engine default"


def _replicas(demand: Demand, requests_per_replica: int, speed: ReplicaSpeed | None) -> int:
    """Return the replicas that always run: enough for the requests at once, and prudently for the tokens."""
    replicas = max(demand.least_replicas, math.ceil(demand.concurrent_requests / requests_per_replica))
    if demand.tokens_per_second is not None and speed is not None:
        return max(replicas, math.ceil(demand.tokens_per_second / speed.rate.pessimistic_tokens_per_second))
    return replicas


def _plan_speed(demand: SpeedDemand, speed: ReplicaSpeed, replicas: int) -> PlanSpeed:
    return PlanSpeed(
        prompt_tokens=demand.prompt_tokens,
        output_tokens=demand.output_tokens,
        time_to_first_token=speed.time_to_first_token,
        time_per_output_token=speed.time_per_output_token,
        replica=speed.rate,
        endpoint=TokenRate(
            replicas * speed.rate.pessimistic_tokens_per_second,
            replicas * speed.rate.optimistic_tokens_per_second,
        ),
        prefill_bound_by=speed.prefill_bound_by,
        decode_bound_by=speed.decode_bound_by,
    )


def _judged(
    architecture: ModelArchitecture, candidates: Sequence[ServingPlan]
) -> tuple[list[ServingPlan], list[RefusedPlan], int]:
    """Return the candidates of one kind of accelerator that pass the rules, those that do not, and those outdone.

    They are judged from best to worst, and one that a better plan outdoes is not judged at all.
    """
    taken: list[ServingPlan] = []
    refused: list[RefusedPlan] = []
    outdone = 0
    for plan in ranked(candidates):
        if any(is_outdone(plan, by=better) for better in taken):
            outdone += 1
            continue
        objection = gravest_objection(architecture, plan.accelerator, plan.settings, plan.pods_per_replica)
        if objection is None:
            taken.append(plan)
            continue
        arguments = engine_arguments(plan.settings)
        refused.append(
            RefusedPlan(
                plan.accelerator.name,
                arguments,
                objection.rule,
                objection.message,
                is_warning=objection.severity is Severity.WARN,
                pods=plan.pods_per_replica,
            )
        )
    return taken, refused, outdone
