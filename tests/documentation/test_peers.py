"""The published comparison with other tools states what the sizing says today."""

from pathlib import Path

import pytest

from tests.architecture.ground_truth_rows import model_rows
from tests.bench.peers.memory import Deployment, deployments, our_figures

_PAGE = Path(__file__).parents[2] / "docs" / "peers.md"
_GIBIBYTE = 1 << 30


def _rows(deployment: Deployment) -> list[list[str]]:
    """Return the cells of the model's rows: of its weights, then of its cache."""
    lines = _PAGE.read_text(encoding="utf-8").splitlines()
    return [line.strip("| ").split(" | ") for line in lines if line.startswith(f"| {deployment.model} |")]


@pytest.mark.parametrize("deployment", deployments(), ids=lambda deployment: deployment.model)
def test_our_figures_are_those_of_the_page_and_hold_the_truth(deployment: Deployment) -> None:
    config = next(row["config"] for row in model_rows() if row["name"] == deployment.model)
    ours = our_figures(deployment, config)
    weights, cache = _rows(deployment)
    assert isinstance(ours.weights, tuple)
    least, most = (amount / _GIBIBYTE for amount in ours.weights)
    assert weights[3] == f"{least:.2f} to {most:.2f}, holds it"
    assert ours.cache == deployment.cache_bytes
    assert cache[2].startswith(f"{deployment.cache_bytes / _GIBIBYTE:.3f} (+0.0%)")
