"""Every rule module is in the rule book, under one id and one name."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import neuroscale.rules
from neuroscale.rules.registry import all_rules
from neuroscale.rules.rule import Rule


def rule_modules() -> Iterator[str]:
    """Yield the modules of the family packages."""
    for family in pkgutil.iter_modules(neuroscale.rules.__path__):
        if family.ispkg:
            package = importlib.import_module(f"neuroscale.rules.{family.name}")
            for module in pkgutil.iter_modules(package.__path__):
                yield f"neuroscale.rules.{family.name}.{module.name}"


def test_every_rule_module_is_registered() -> None:
    defined = {importlib.import_module(module).RULE.identifier for module in rule_modules()}
    assert defined == {rule.identifier for rule in all_rules()}


def test_a_family_package_holds_rules_only() -> None:
    assert all(isinstance(importlib.import_module(module).RULE, Rule) for module in rule_modules())


def test_a_module_is_named_after_its_rule() -> None:
    named = {module.rpartition(".")[2]: importlib.import_module(module).RULE.name for module in rule_modules()}
    assert all(module == name.replace("-", "_") for module, name in named.items())


def test_identifiers_and_names_are_unique_and_in_order() -> None:
    identifiers = [rule.identifier for rule in all_rules()]
    assert identifiers == sorted(set(identifiers))
    names = [rule.name for rule in all_rules()]
    assert len(names) == len(set(names))


def test_identifiers_and_names_have_their_form() -> None:
    for rule in all_rules():
        assert re.fullmatch(r"NS\d{3}", rule.identifier)
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
