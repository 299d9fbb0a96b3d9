"""Mutations of good deployments: a rule denies one exactly where vLLM's own code refuses it.

What vLLM said is recorded (`python -m tests.rules.mutation.record`). What it refuses and no rule denies is listed
with a reason in `mutation/not_judged.json`; what a rule denies and vLLM starts is a fault, without exception.
"""

from functools import cache
from pathlib import Path

import pytest

from tests.rules.mutation.cases import NEWEST, Case, all_cases
from tests.rules.mutation.comparison import Comparison, is_listed, read_reasons, reasons_for_nothing
from tests.rules.mutation.models import model_names
from tests.rules.mutation.outcomes import RECORDED, Outcome, read_record
from tests.rules.mutation.restated import refusal_of_workers
from tests.rules.mutation.verdicts import denying_rules

RECORDS = sorted(RECORDED.glob("*.jsonl"))
# Earlier releases are recorded for the models whose treatment changed.
NEWEST_RECORD = RECORDED / f"vllm-{NEWEST}.jsonl"
NOT_JUDGED = read_reasons(Path(__file__).with_name("mutation") / "not_judged.json")
FEWEST_CASES = 4000
# Good fixtures that are new are recorded with `--missing`.
LEAST_RECORDED_SHARE = 0.75
LARGEST_SHARE_OF_GAPS = 0.15


def _whole(case: Case, outcome: Outcome) -> Outcome:
    """Return what the engine does, with what its workers would do on the accelerators of the pod."""
    return outcome if outcome.stage else Outcome(*refusal_of_workers(case))


@cache
def comparison(record: Path) -> Comparison:
    """Return one record beside the verdicts of the rules."""
    outcomes = {case: _whole(case, outcome) for case, outcome in read_record(record).items()}
    return Comparison(record.stem, outcomes, {case: denying_rules(case) for case in outcomes})


def named(case: Case) -> str:
    return f"{case.model} {' '.join(case.arguments)} on {case.accelerators or 'enough'} accelerators"


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_no_rule_denies_what_the_engine_starts(record: Path) -> None:
    assert {named(case): rules for case, rules in comparison(record).false_denials.items()} == {}


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_what_the_engine_refuses_is_denied_or_listed(record: Path) -> None:
    gaps = comparison(record).gaps
    assert {named(case): told.error for case, told in gaps.items() if not is_listed(told, NOT_JUDGED)} == {}


def test_every_listed_gap_is_one() -> None:
    assert reasons_for_nothing(NOT_JUDGED, map(comparison, RECORDS)) == []


def test_the_record_is_of_the_mutations_made_today() -> None:
    made, recorded = set(all_cases()), comparison(NEWEST_RECORD).outcomes
    assert len(recorded) >= FEWEST_CASES
    assert len(made & recorded.keys()) >= LEAST_RECORDED_SHARE * len(made)


def test_the_engine_both_starts_and_refuses_each_model_of_the_list() -> None:
    stages = comparison(NEWEST_RECORD).refused_and_started()
    assert {model for model in model_names() if not (stages[model, True] and stages[model, False])} == set()


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_mutations_are_counted(record: Path) -> None:
    assert comparison(record).show() < LARGEST_SHARE_OF_GAPS
