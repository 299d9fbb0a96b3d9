"""Each rule's docstring is its published page, and docs/rules holds those pages."""

import re
from pathlib import Path

import pytest

from neuroscale.rules.documentation import HEADINGS, differences, main, rule_page, rule_summary
from neuroscale.rules.registry import AnyRule, all_rules

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "rules"


def identifier(rule: AnyRule) -> str:
    """Name a rule."""
    return rule.identifier


@pytest.mark.parametrize("rule", all_rules(), ids=identifier)
def test_a_page_has_the_fixed_headings_in_order(rule: AnyRule) -> None:
    assert tuple(re.findall(r"^## (.+)$", rule.page, re.MULTILINE)) == HEADINGS


@pytest.mark.parametrize("rule", all_rules(), ids=identifier)
def test_no_section_of_a_page_is_empty(rule: AnyRule) -> None:
    sections = re.split(r"^## .+$", rule.page, flags=re.MULTILINE)
    assert all(section.strip() for section in sections)


@pytest.mark.parametrize("rule", all_rules(), ids=identifier)
def test_a_page_begins_with_one_sentence(rule: AnyRule) -> None:
    assert re.fullmatch(r"[A-Z][^.]+\.", rule_summary(rule))


@pytest.mark.parametrize("rule", all_rules(), ids=identifier)
def test_a_page_names_the_rule(rule: AnyRule) -> None:
    assert rule_page(rule).startswith(f"# {rule.identifier} {rule.name}\n")


def test_the_published_pages_are_current() -> None:
    assert differences(DOCUMENTATION) == ()


def test_a_stale_page_fails_the_check_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--write", str(tmp_path)]) == 0
    assert main(["--check", str(tmp_path)]) == 0
    (tmp_path / "NS101.md").write_text("# another text\n", encoding="utf-8")
    (tmp_path / "NS999.md").write_text("# a rule that is gone\n", encoding="utf-8")
    assert main(["--check", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert "NS101.md" in told
    assert "NS999.md" in told


def test_writing_removes_the_page_of_a_rule_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "NS999.md").write_text("# a rule that is gone\n", encoding="utf-8")
    assert main(["--write", str(tmp_path)]) == 0
    assert not (tmp_path / "NS999.md").exists()
