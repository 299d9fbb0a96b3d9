"""The throughput model against published measurements: figures are inside the range, or listed with a reason."""

import statistics
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.sizing.throughput.measured import (
    SCHEMA,
    Measurement,
    document,
    measurement_files,
    measurements,
    predicted,
)
from tests.sizing.throughput.page import PAGE, page
from tests.sizing.throughput.ratios import Pair, all_pairs, mixtures_beside_dense_models

_EVERY = [each for path in measurement_files() for each in measurements(path)]


def _only(model: str, weights: str | None, prompt_tokens: int) -> Measurement:
    """Return the one figure of a model alone on one H20."""
    found = [
        each
        for each in _EVERY
        if (each.model, each.weights, each.prompt_tokens, each.accelerator)
        == (model, weights, prompt_tokens, "h20-96gb")
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("path", measurement_files(), ids=lambda path: path.stem)
def test_the_files_keep_to_their_schema(path: Path) -> None:
    assert [error.message for error in Draft202012Validator(document(SCHEMA)).iter_errors(document(path))] == []


@pytest.mark.parametrize("path", measurement_files(), ids=lambda path: path.stem)
def test_every_figure_is_inside_its_range_or_listed_with_a_reason(path: Path) -> None:
    unlisted = [each for each in measurements(path) if not each.is_inside and each.outside is None]
    assert unlisted == []


@pytest.mark.parametrize("path", measurement_files(), ids=lambda path: path.stem)
def test_no_figure_is_listed_as_outside_that_is_inside(path: Path) -> None:
    assert [each for each in measurements(path) if each.is_inside and each.outside is not None] == []


@pytest.mark.parametrize("path", measurement_files(), ids=lambda path: path.stem)
def test_every_reason_is_told_and_used(path: Path) -> None:
    used = {each.outside for each in measurements(path) if each.outside is not None}
    assert used == set(document(path).get("reasons", {}))


def test_nothing_published_is_faster_than_the_optimistic_bound() -> None:
    assert [each for each in _EVERY if each.seconds < predicted(each).optimistic_seconds] == []


def test_seven_in_eight_figures_are_inside() -> None:
    assert sum(each.is_inside for each in _EVERY) / len(_EVERY) >= 7 / 8


def test_the_ranges_are_narrow_enough_to_be_of_use() -> None:
    widths = [predicted(each).pessimistic_seconds / predicted(each).optimistic_seconds for each in _EVERY]
    assert statistics.median(widths) <= 3.5
    assert statistics.quantiles(widths, n=10)[-1] <= 5.5


def test_a_mixture_is_predicted_faster_than_a_dense_model_of_its_size_as_it_is_measured() -> None:
    # Its makers measured 137 and 21 tokens per second, alone on one H20.
    pair = Pair(_only("Qwen/Qwen3-32B", None, 1), _only("Qwen/Qwen3-30B-A3B", None, 1))
    assert predicted(pair.faster).pessimistic_seconds < predicted(pair.slower).optimistic_seconds
    assert pair.measured == pytest.approx(6.62, abs=0.01)
    assert pair.middle == pytest.approx(pair.measured, rel=0.1)


def test_the_ratio_of_every_mixture_to_a_dense_model_is_in_its_range() -> None:
    pairs = mixtures_beside_dense_models()
    assert len(pairs) > 40
    assert [pair for pair in pairs if not pair.least <= pair.measured <= pair.most] == []


def test_the_middles_tell_the_ratio_of_a_mixture_to_a_dense_model_within_a_factor_of_two() -> None:
    pairs = mixtures_beside_dense_models()
    assert [pair for pair in pairs if not 0.5 < pair.middle / pair.measured < 2] == []
    assert statistics.median(pair.middle / pair.measured for pair in pairs) == pytest.approx(1, abs=0.15)


def test_the_middles_tell_the_faster_of_two_deployments() -> None:
    pairs = all_pairs(1.25)
    assert len(pairs) > 2000
    assert sum(pair.middle > 1 for pair in pairs) / len(pairs) > 0.97


@pytest.mark.parametrize("bound", ["optimistic_seconds", "pessimistic_seconds"])
def test_models_of_one_family_are_ordered_as_measured(bound: str) -> None:
    family = [_only(f"Qwen/Qwen3-{size}", None, 1) for size in ("0.6B", "1.7B", "4B", "8B", "14B", "32B")]
    assert sorted(family, key=lambda each: each.seconds) == family
    assert sorted(family, key=lambda each: getattr(predicted(each), bound)) == family


@pytest.mark.parametrize("size", ["4B", "8B", "14B", "32B"])
def test_narrower_weights_are_predicted_faster_as_they_are_measured(size: str) -> None:
    wide, narrow = _only(f"Qwen/Qwen3-{size}", None, 1), _only(f"Qwen/Qwen3-{size}", "fp8-blocks", 1)
    assert narrow.seconds < wide.seconds
    assert predicted(narrow).optimistic_seconds < predicted(wide).optimistic_seconds
    assert predicted(narrow).pessimistic_seconds < predicted(wide).pessimistic_seconds


def test_the_published_page_is_up_to_date() -> None:
    is_up_to_date = PAGE.read_text(encoding="utf-8") == page()
    assert is_up_to_date, f"python -m tests.sizing.throughput.page --write docs/{PAGE.name}"
