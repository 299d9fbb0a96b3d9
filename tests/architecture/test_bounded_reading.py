"""No configuration takes much memory or time, whatever is in it; what is refused is told by its field."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.bounded_reading import CASES

PROJECT = Path(__file__).parents[2]
READ = "read"
ANSWERS = {
    "a megabyte of keys": READ,
    "a key of a megabyte": READ,
    "a text of a megabyte": "refused: rope_scaling.rope_type: must be a text of at most 1024 characters",
    "a model type of a megabyte": "refused: model_type: must be a text of at most 1024 characters",
    "deep lists": "refused: the JSON is nested too deeply",
    "deep objects": "refused: the JSON is nested too deeply",
    "nesting just too deep": "refused: nested more than 32 levels deep",
    "a huge integer": "refused: a number has more than 100 digits, at hidden_size",
    "a huge integer in a list": "refused: a number has more than 100 digits, at a.b[1][0]",
    "a huge fraction": READ,
    "a huge exponent": "refused: hidden_size: must be a whole number from 1 to 16777216, not inf",
    "many layers": "refused: num_hidden_layers: must be a whole number from 1 to 4096, not 1000000000000",
    "as many layers as are read": READ,
    "millions of layer types": "refused: layer_types: has 2097153 entries, more than the 4096 of any model",
    "nested layer types": "refused: layer_types[0]: must be a text of at most 1024 characters, not a list",
    "heads of its own for every layer": READ,
    "not a number": "refused: hidden_size: must be a whole number from 1 to 16777216, not nan",
    "an infinite number": "refused: rope_scaling.factor: must be a number from 0 to",
    "a name that is given twice": "refused: the name 'factor' is given twice",
    "a name that is given very often": "refused: the name 'a' is given twice",
    "many excluded modules": READ,
    "too many excluded modules": "refused: quantization_config.ignore: has 65537 entries, more than the 65536",
    "modules of every layer": READ,
    "many expressions": READ,
    "slow expressions": READ,
    "many wildcards": READ,
    "many groups": READ,
}


def _ran(module: str, argument: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"tests.architecture.{module}", argument],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_case_has_an_answer() -> None:
    assert ANSWERS.keys() == CASES.keys()


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_configuration_is_answered_within_its_limits(case: str) -> None:
    ran = _ran("bounded_reading", case)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith(ANSWERS[case]), ran.stdout[:200]


def test_a_wrong_type_in_any_field_of_any_type_is_read_or_refused_by_field() -> None:
    ran = _ran("wrong_types", "2")
    assert (ran.returncode, ran.stderr) == (0, "")
    outcomes = {
        outcome: int(count) for count, _, outcome in (line.partition(" ") for line in ran.stdout.splitlines())
    }
    assert outcomes.keys() == {"read", "refused by field"}
    assert sum(outcomes.values()) > 5_000
