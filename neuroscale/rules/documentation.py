"""The published pages of the rules, made from their docstrings: `python -m neuroscale.rules.documentation`."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from neuroscale.rules.registry import AnyRule, all_rules

HEADINGS = ("What it does", "Why it matters", "Example", "Use instead", "Applies to", "References")
INDEX = "index.md"

_TITLES = {"kserve": "KServe"}
_SEVERITIES = {"deny": "denies", "warn": "warns", "info": "informs"}


def rule_page(rule: AnyRule) -> str:
    """Return the page of a rule as Markdown: its identity, then the docstring of its module."""
    return (
        f"# {rule.identifier} {rule.name}\n\n"
        f"Family: {rule_family(rule)}. At most it {_SEVERITIES[rule.severity.value]}.\n\n"
        f"{rule.page.strip()}\n"
    )


def rule_summary(rule: AnyRule) -> str:
    """Return the one sentence that a rule stands for."""
    return rule.page.strip().split("\n", 1)[0]


def rule_family(rule: AnyRule) -> str:
    """Return the family of a rule: the package that its module stands in."""
    return rule.judge.__module__.split(".")[-2]


def rule_pages() -> Mapping[str, str]:
    """Return every file of the documentation, by name: a page per rule and the index by family."""
    return {INDEX: _index(all_rules()), **{f"{rule.identifier}.md": rule_page(rule) for rule in all_rules()}}


def _index(rules: Sequence[AnyRule]) -> str:
    families: dict[str, list[AnyRule]] = {}
    for rule in rules:
        families.setdefault(rule_family(rule), []).append(rule)
    lines = [
        "# Rules",
        "",
        "Generated from the docstrings of the rules; change those, then run",
        "`python -m neuroscale.rules.documentation --write docs/rules`.",
        "",
        "A rule denies only what is certain: what the engine itself refuses in a known range of versions, or what",
        "already fails a lower bound. Everything else it says is a warning. What it cannot know it does not guess:",
        "NS001 names it.",
    ]
    for family, members in families.items():
        lines += [
            "",
            f"## {_TITLES.get(family, family.capitalize())}",
            "",
            "| rule | name | at most | what it asks |",
            "|---|---|---|---|",
        ]
        lines += [_row(rule) for rule in members]
    return "\n".join(lines) + "\n"


def _row(rule: AnyRule) -> str:
    page = f"[{rule.identifier}]({rule.identifier}.md)"
    return f"| {page} | {rule.name} | {rule.severity.value} | {rule_summary(rule)} |"


def differences(folder: Path) -> tuple[str, ...]:
    """Return the names of the files in a folder that are missing, stale or of no rule."""
    pages = rule_pages()
    present = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return tuple(sorted(name for name in {*pages, *present} if pages.get(name) != present.get(name)))


def write_pages(folder: Path) -> None:
    """Write every page into a folder, and remove the pages of rules that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = rule_pages()
    for path in folder.glob("*.md"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages, or check that they are current; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m neuroscale.rules.documentation", description=main.__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--check", metavar="DIR", type=Path, help="fail when a page is not current")
    action.add_argument("--write", metavar="DIR", type=Path, help="write all pages")
    options = parser.parse_args(arguments)
    if options.write is not None:
        write_pages(options.write)
        return 0
    stale = differences(options.check)
    for name in stale:
        sys.stderr.write(f"{options.check / name} is not current\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
