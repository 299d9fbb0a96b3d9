"""`python -m tests.bench.plans`: what planning takes, beside one check of the manifest that it plans.

Every model is planned for twenty kinds of accelerators, with and without latencies asked for. In the same rounds
the rendered files of its best plan are judged as `neuroscale check` judges them: text to objects to findings. Both
run in one thread of one process and alternate, so that their ratio is what a busy machine changes least. Processor
time is counted, not time on the clock; the least of the rounds is what the work takes where nothing disturbs it.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.profile import make_profile
from neuroscale.hardware.catalogue import load_accelerators
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.rendering.endpoint import RenderedFile
from neuroscale.manifests.rendering.request import EndpointRequest
from neuroscale.planning.engine_deployment import render_planned_endpoint
from neuroscale.planning.plan import Demand, PlanningResult
from neuroscale.planning.planner import plan_serving
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts

KINDS_OF_ACCELERATORS = 20
REPOSITORIES = (
    "Qwen/Qwen3-0.6B",
    "google/gemma-4-26B-A4B",
    "openai/gpt-oss-120b",
    "Qwen/Qwen3-235B-A22B",
    "deepseek-ai/DeepSeek-V3",
)
DEMANDS = {
    "8 requests of 8192 tokens": Demand(8192, 8),
    "the same within latencies": Demand(8192, 8, time_to_first_token_seconds=2, time_per_output_token_seconds=0.05),
}
_NOT_OF_A_CLUSTER = frozenset({"kustomization.yaml", "catalog-info.yaml"})


@dataclass(frozen=True, slots=True)
class Measured:
    """One question: its result, and the least time of planning it and of checking what it plans."""

    result: PlanningResult
    plan_seconds: float
    check_seconds: float

    @property
    def candidates(self) -> int:
        """How many ways of serving the model were weighed."""
        return len(self.result.plans) + len(self.result.refused) + self.result.outdone


def main() -> int:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    table = Table(title=f"planning for {KINDS_OF_ACCELERATORS} kinds of accelerators, in processor time")
    for title in ("model", "demand"):
        table.add_column(title)
    for title in ("plans", "weighed", "ms", "plans/s", "weighed/s", "one check, ms", "checks per planning"):
        table.add_column(title, justify="right")
    for repository in REPOSITORIES:
        for name, demand in DEMANDS.items():
            measured = measure(repository, demand, options.rounds)
            table.add_row(
                repository,
                name,
                str(len(measured.result.plans)),
                str(measured.candidates),
                f"{measured.plan_seconds * 1000:.1f}",
                f"{len(measured.result.plans) / measured.plan_seconds:.0f}",
                f"{measured.candidates / measured.plan_seconds:.0f}",
                f"{measured.check_seconds * 1000:.2f}",
                f"{measured.plan_seconds / measured.check_seconds:.1f}",
            )
    Console(width=150).print(table)
    return 0


def measure(repository: str, demand: Demand, rounds: int) -> Measured:
    """Return what planning a model takes, and what checking its best plan takes in the same rounds."""
    catalogue = load_catalogue()
    entry, architecture = catalogue.entry(repository), catalogue.find(repository)
    if entry is None or architecture is None:
        raise SystemExit(f"{repository} is not in the catalogue")
    offered = [each for each in load_accelerators().values() if each.vendor == "nvidia"][-KINDS_OF_ACCELERATORS:]
    request = EndpointRequest(
        name="endpoint",
        namespace="default",
        owner="search",
        cost_center="cc-1",
        environment="development",
        profile=make_profile(repository, entry.revision, entry.config),
    )
    result = plan_serving(architecture, demand, offered)
    files = _manifests(request, result, architecture)
    facts = ClusterFacts(models=catalogue)

    def check() -> None:
        judge([manifest for file in files for manifest in load_manifests(file.content, file.path)], facts)

    plan_times, check_times = [], []
    for _ in range(rounds):
        plan_times.append(_seconds(lambda: plan_serving(architecture, demand, offered)))
        check_times.append(_seconds(check))
    return Measured(result, min(plan_times), min(check_times))


def _manifests(
    request: EndpointRequest, result: PlanningResult, architecture: ModelArchitecture
) -> tuple[RenderedFile, ...]:
    files = render_planned_endpoint(request, result.plans[0], architecture)
    return tuple(file for file in files if file.path not in _NOT_OF_A_CLUSTER)


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    sys.exit(main())
