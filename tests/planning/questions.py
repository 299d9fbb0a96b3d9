"""What planning is asked in tests: every kind of model, on sets of accelerators, with demands."""

from collections.abc import Iterator, Mapping
from itertools import product

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.errors import InvalidInputError, NeuroScaleError, NoPlanError
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import accelerator_by_name, load_accelerators
from neuroscale.planning.plan import Demand, ServingPlan
from neuroscale.planning.planner import plan_serving

ACCELERATOR_SETS: Mapping[str, tuple[Accelerator, ...]] = {
    "every kind": tuple(load_accelerators().values()),
    "eight H100": (accelerator_by_name("h100-80gb-sxm"),),
    "without fast links": tuple(accelerator_by_name(name) for name in ("t4", "l4", "a10g")),
    "four GB200": (accelerator_by_name("gb200-189gb"),),
    "the largest": (accelerator_by_name("b300-288gb"),),
}
DEMANDS: Mapping[str, Demand] = {
    "a few requests": Demand(2048, 4),
    "latencies": Demand(8192, 32, time_to_first_token_seconds=2, time_per_output_token_seconds=0.05),
    "throughput in production": Demand(16384, 8, least_replicas=2, tokens_per_second=20_000),
}
NARROWER_COMBINATIONS = tuple(product([name for name in ACCELERATOR_SETS if name != "every kind"], DEMANDS))


def kinds_of_models() -> list[str]:
    """Return the largest model of the catalogue of every type and checkpoint format."""
    catalogue = load_catalogue()
    largest: dict[tuple[str, str | None], tuple[int, str]] = {}
    for repository in catalogue.repositories():
        model = catalogue.find(repository)
        assert model is not None
        kind = (model.model_type, None if model.quantization is None else model.quantization.method)
        size = 0 if model.parameters is None else model.parameters.total
        largest[kind] = max(largest.get(kind, (0, "")), (size, repository))
    return sorted(repository for _, repository in largest.values())


def questions() -> Iterator[tuple[str, str, str]]:
    """Yield model, accelerator set and demand: every kind for each model, and the narrower sets in turn."""
    for index, repository in enumerate(kinds_of_models()):
        yield repository, "every kind", tuple(DEMANDS)[index % len(DEMANDS)]
        yield repository, *NARROWER_COMBINATIONS[index % len(NARROWER_COMBINATIONS)]


def plans_or_reason(
    architecture: ModelArchitecture, demand: Demand, offered: tuple[Accelerator, ...]
) -> tuple[ServingPlan, ...] | NeuroScaleError:
    """Return the plans, or why there are none."""
    try:
        return plan_serving(architecture, demand, offered).plans
    except (InvalidInputError, NoPlanError) as error:
        return error
