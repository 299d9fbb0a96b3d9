"""The planner: from what a model must do to how it is served, within the rules that admission enforces."""

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
    engine_arguments,
    layout_settings,
    node_layouts,
    pod_layouts,
)
from neuroscale.planning.capacity import SizedLayout, memory_sentence, sized_layout
from neuroscale.planning.judgement import gravest_objection
from neuroscale.planning.limits import (
    context_length_tokens,
    obstacle,
    refuse_absent_class,
    refuse_unsized_quantization,
    speed_demand,
)
from neuroscale.planning.operation import choose_operation, scheduler_plan
from neuroscale.planning.plan import (
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
from neuroscale.planning.room_choice import most_room
from neuroscale.planning.scheduler_limits import SchedulerLimits
from neuroscale.planning.speed import ReplicaSpeed, SpeedDemand, shortfalls
from neuroscale.prices.price import Commitment, PriceBook
from neuroscale.rules.finding import Severity
from neuroscale.sizing.weights import weight_bytes_per_accelerator

DEFAULT_ENGINE_VERSION = Version("0.33.0")

# Pessimistic on purpose: a probe that is too short kills a model that is still loading.
MODEL_LOAD_BYTES_PER_SECOND = 200_000_000
ENGINE_START_SECONDS = 120.0


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
    sized: dict[Layout, SizedLayout] = {}
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
            known = [_sized(question, layout, sized) for layout in layouts]
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


def _sized(question: _Question, layout: Layout, known: dict[Layout, SizedLayout]) -> SizedLayout:
    if layout not in known:
        settings = layout_settings(layout, question.engine)
        known[layout] = sized_layout(
            layout,
            question.architecture,
            settings,
            question.engine.context_length_tokens,
            question.speed.request_tokens,
        )
    return known[layout]


def _evaluate(question: _Question, accelerator: Accelerator, sized: SizedLayout) -> ServingPlan | RefusedPlan:
    """Return the plan that a layout makes on an accelerator, or the sum that stands against it."""
    pods, context_tokens = sized.layout.pods, question.engine.context_length_tokens
    tightest = most_room(sized, accelerator)
    if tightest.requests < 1:
        reason = memory_sentence(sized.needed(tightest.limits), tightest.memory, context_tokens)
        return RefusedPlan(accelerator.name, engine_arguments(tightest.settings), "memory", reason, pods=pods)
    operation = choose_operation(
        sized, accelerator, question.demand, question.speed, most_held=tightest.held_requests
    )
    if isinstance(operation, str):
        return RefusedPlan(accelerator.name, engine_arguments(sized.base), "latency", operation, pods=pods)
    room, replicas, settings = operation.room, operation.replicas, operation.room.settings
    per_replica = room.requests * settings.data_parallel_size
    load_seconds = ENGINE_START_SECONDS + question.checkpoint_bytes / MODEL_LOAD_BYTES_PER_SECOND
    speed = None if operation.speed is None else _plan_speed(question.speed, operation.speed, per_replica, replicas)
    return ServingPlan(
        accelerator=accelerator,
        settings=settings,
        engine_version=question.engine.version,
        context_length_tokens=context_tokens,
        request_length_tokens=question.speed.request_tokens,
        concurrent_requests_per_replica=per_replica,
        concurrency_limit=operation.concurrency_limit,
        scheduler=scheduler_plan(sized, accelerator, operation),
        minimum_replicas=replicas,
        maximum_replicas=2 * replicas,
        memory=room.memory,
        checkpoint_bytes=question.checkpoint_bytes,
        load_seconds=load_seconds,
        autoscaling=autoscaling_plan(
            question.architecture,
            sized.settings(SchedulerLimits(room.limits.batched_tokens)),
            accelerator,
            question.demand,
            context_tokens,
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
        shortfalls=() if operation.speed is None else shortfalls(operation.speed, question.speed),
    )


def _plan_speed(demand: SpeedDemand, speed: ReplicaSpeed, per_replica: int, replicas: int) -> PlanSpeed:
    return PlanSpeed(
        running_requests=per_replica,
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
