"""`neuroscale rules` lists the rule book and explains each rule."""

import json

import pytest

from neuroscale.rules.documentation import HEADINGS
from neuroscale.rules.registry import AnyRule, all_rules
from tests.cli.conftest import Command


def test_every_rule_is_listed_with_the_gravest_it_does(neuroscale: Command) -> None:
    result = neuroscale("rules")
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines()[1:]]
    assert rows == [[rule.identifier, rule.severity.value, rule.name] for rule in all_rules()]


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.identifier)
def test_a_rule_is_explained_by_id_and_by_name(neuroscale: Command, rule: AnyRule) -> None:
    ways = (rule.identifier, rule.name, rule.identifier.lower())
    by_id, by_name, small = (neuroscale("rules", each) for each in ways)
    assert by_id.stdout == by_name.stdout == small.stdout
    assert by_id.stdout.startswith(f"{rule.identifier} {rule.name} (")
    assert all(f"## {heading}" in by_id.stdout for heading in HEADINGS)


def test_machines_read_the_same(neuroscale: Command) -> None:
    entries = json.loads(neuroscale("rules", "--output", "json").stdout)
    assert [entry["rule"] for entry in entries] == [rule.identifier for rule in all_rules()]
    assert set(entries[0]) == {"rule", "name", "family", "severity", "summary", "documentation"}
    (explained,) = json.loads(neuroscale("rules", "NS103", "--output", "json").stdout)
    assert explained["page"].startswith("The ranks that share an expert")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("NS1033", "did you mean NS103"),
        ("expert-paralel-on-dense-model", "did you mean NS105"),
        ("?", "to list them"),
    ],
)
def test_a_rule_that_is_none_is_answered_with_the_nearest(neuroscale: Command, asked: str, said: str) -> None:
    result = neuroscale("rules", asked)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
