"""Mutations of good deployments: a rule denies one only where SGLang's own code refuses it.

What SGLang said is recorded (`python -m tests.rules.sglang_mutation.record`). What it refuses and no rule denies is
listed with a reason in `sglang_mutation/not_judged.json`; what a rule denies and SGLang starts is a fault, without
exception.
"""

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from tests.rules.mutation.cases import Case
from tests.rules.mutation.outcomes import Outcome, read_record
from tests.rules.sglang_mutation.cases import NEWEST, all_cases, asked_models
from tests.rules.sglang_mutation.verdicts import denying_rules

FOLDER = Path(__file__).with_name("sglang_mutation")
RECORDS = sorted((FOLDER / "recorded").glob("*.jsonl"))
NEWEST_RECORD = FOLDER / "recorded" / f"sglang-{NEWEST}.jsonl"
NOT_JUDGED = {row["error"]: row["reason"] for row in json.loads((FOLDER / "not_judged.json").read_text("utf-8"))}
FEWEST_CASES = 1500
FEWEST_MODELS = 25
# Good fixtures that are new are recorded with `--missing`.
LEAST_RECORDED_SHARE = 0.75
LARGEST_SHARE_OF_GAPS = 0.15


@cache
def outcomes(record: Path) -> dict[Case, Outcome]:
    """Return what the engine of one record did."""
    return read_record(record)


@cache
def verdicts(record: Path) -> dict[Case, tuple[str, ...]]:
    """Return the rules that deny each case of a record."""
    return {case: denying_rules(case) for case in outcomes(record)}


def gaps(record: Path) -> dict[Case, Outcome]:
    """Return what the engine refuses and no rule denies."""
    return {case: told for case, told in outcomes(record).items() if told.stage and not verdicts(record)[case]}


def is_listed(outcome: Outcome) -> bool:
    return any(re.search(error, outcome.error) for error in NOT_JUDGED)


def named(case: Case) -> str:
    return f"{case.model} {' '.join(case.arguments)}"


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_no_rule_denies_what_sglang_starts(record: Path) -> None:
    false_denials = {
        named(case): rules for case, rules in verdicts(record).items() if rules and not outcomes(record)[case].stage
    }
    assert false_denials == {}


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_what_sglang_refuses_is_denied_or_listed(record: Path) -> None:
    assert {named(case): told.error for case, told in gaps(record).items() if not is_listed(told)} == {}


def test_every_listed_gap_of_sglang_is_one() -> None:
    found = {told.error for record in RECORDS for told in gaps(record).values()}
    assert [error for error in NOT_JUDGED if not any(re.search(error, each) for each in found)] == []


def test_the_record_of_sglang_is_of_the_mutations_made_today() -> None:
    made = set(all_cases())
    assert len(outcomes(NEWEST_RECORD)) >= FEWEST_CASES
    assert len(made & outcomes(NEWEST_RECORD).keys()) >= LEAST_RECORDED_SHARE * len(made)


def test_sglang_both_starts_and_refuses_each_recorded_model() -> None:
    stages = Counter((case.model, bool(told.stage)) for case, told in outcomes(NEWEST_RECORD).items())
    recorded = {case.model for case in outcomes(NEWEST_RECORD)} & set(asked_models())
    assert len(recorded) >= FEWEST_MODELS
    assert {model for model in recorded if not (stages[model, True] and stages[model, False])} == set()


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_mutations_for_sglang_are_counted(record: Path) -> None:
    table = Table("model", "mutations", "both start", "both refuse", "gap", "false denial", title=record.stem)
    counts: dict[str, Counter[str]] = {}
    for case, told in outcomes(record).items():
        denied = bool(verdicts(record)[case])
        kind = {(False, False): "start", (True, True): "refuse", (True, False): "gap"}.get(
            (bool(told.stage), denied), "false"
        )
        counts.setdefault(case.model, Counter()).update([kind])
    total = sum(counts.values(), Counter[str]())
    for model, found in [*sorted(counts.items()), ("all", total)]:
        kinds = [found[kind] for kind in ("start", "refuse", "gap", "false")]
        table.add_row(model, *(str(number) for number in [found.total(), *kinds]))
    Console(width=116).print(table)
    assert total["gap"] < total.total() * LARGEST_SHARE_OF_GAPS
