"""Mutations of good deployments: a rule denies one only where SGLang's own code refuses it.

What SGLang said is recorded (`python -m tests.rules.sglang_mutation.record`). What it refuses and no rule denies is
listed with a reason in `sglang_mutation/not_judged.json`; what a rule denies and SGLang starts is a fault, without
exception.
"""

from functools import cache
from pathlib import Path

import pytest

from tests.rules.mutation.cases import Case
from tests.rules.mutation.comparison import Comparison, is_listed, read_reasons, reasons_for_nothing
from tests.rules.mutation.outcomes import read_record
from tests.rules.sglang_mutation.cases import NEWEST, all_cases, asked_models
from tests.rules.sglang_mutation.verdicts import denying_rules

FOLDER = Path(__file__).with_name("sglang_mutation")
RECORDS = sorted((FOLDER / "recorded").glob("*.jsonl"))
NEWEST_RECORD = FOLDER / "recorded" / f"sglang-{NEWEST}.jsonl"
NOT_JUDGED = read_reasons(FOLDER / "not_judged.json")
FEWEST_CASES = 1500
FEWEST_MODELS = 25
# Good fixtures that are new are recorded with `--missing`.
LEAST_RECORDED_SHARE = 0.75
LARGEST_SHARE_OF_GAPS = 0.15


@cache
def comparison(record: Path) -> Comparison:
    """Return one record beside the verdicts of the rules."""
    outcomes = read_record(record)
    return Comparison(record.stem, outcomes, {case: denying_rules(case) for case in outcomes})


def named(case: Case) -> str:
    return f"{case.model} {' '.join(case.arguments)}"


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_no_rule_denies_what_sglang_starts(record: Path) -> None:
    assert {named(case): rules for case, rules in comparison(record).false_denials.items()} == {}


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_what_sglang_refuses_is_denied_or_listed(record: Path) -> None:
    gaps = comparison(record).gaps
    assert {named(case): told.error for case, told in gaps.items() if not is_listed(told, NOT_JUDGED)} == {}


def test_every_listed_gap_of_sglang_is_one() -> None:
    assert reasons_for_nothing(NOT_JUDGED, map(comparison, RECORDS)) == []


def test_the_record_of_sglang_is_of_the_mutations_made_today() -> None:
    made, recorded = set(all_cases()), comparison(NEWEST_RECORD).outcomes
    assert len(recorded) >= FEWEST_CASES
    assert len(made & recorded.keys()) >= LEAST_RECORDED_SHARE * len(made)


def test_sglang_both_starts_and_refuses_each_recorded_model() -> None:
    stages = comparison(NEWEST_RECORD).refused_and_started()
    recorded = {model for model, _ in stages} & set(asked_models())
    assert len(recorded) >= FEWEST_MODELS
    assert {model for model in recorded if not (stages[model, True] and stages[model, False])} == set()


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_mutations_for_sglang_are_counted(record: Path) -> None:
    assert comparison(record).show() < LARGEST_SHARE_OF_GAPS
