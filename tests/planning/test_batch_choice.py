"""The batch that keeps a latency is the largest that does, as finely as the estimates can tell."""

from itertools import product

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.planning.candidates import EngineRequest, Layout, layout_settings
from neuroscale.planning.planner import DEFAULT_ENGINE_VERSION
from neuroscale.planning.speed import Replica, SpeedDemand, choose_batch, replica_of

MOST = 256
LATENCIES = tuple(product((None, 0.5, 2.0, 20.0), (None, 0.01, 0.03, 0.1)))


def replica(repository: str, layout: Layout, first: float | None, each: float | None) -> Replica:
    """Return a replica on H200 that is asked for latencies."""
    architecture = load_catalogue().find(repository)
    assert architecture is not None
    settings = layout_settings(layout, EngineRequest(DEFAULT_ENGINE_VERSION, 16384))
    known = replica_of(
        architecture, settings, accelerator_by_name("h200-141gb-sxm"), SpeedDemand(4096, 1024, first, each)
    )
    assert known is not None
    return known


@pytest.mark.parametrize(("first", "each"), LATENCIES)
@pytest.mark.parametrize(
    ("repository", "layout"),
    [
        ("Qwen/Qwen3-8B", Layout(1)),
        ("openai/gpt-oss-120b", Layout(2)),
        ("deepseek-ai/DeepSeek-V3", Layout(1, data=8, is_expert_parallel=True)),
    ],
)
def test_a_little_more_would_be_too_slow(
    repository: str, layout: Layout, first: float | None, each: float | None
) -> None:
    asked = replica(repository, layout, first, each)
    choice = choose_batch(asked, MOST)
    excess = asked.prudent_excess if choice.is_certain else asked.least_excess
    if choice.requests_per_rank == 0:
        assert choice.refusal
        assert asked.least_excess(1) > 1
        return
    assert excess(choice.requests_per_rank) <= 1
    if choice.requests_per_rank < MOST:
        assert excess(min(MOST, choice.requests_per_rank + 1 + choice.requests_per_rank // 16)) > 1
    assert choice.is_certain or asked.prudent_excess(1) > 1
