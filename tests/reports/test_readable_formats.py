"""Text and Markdown: what people read."""

from dataclasses import replace

from neuroscale.reports.formats import FINDING_FORMATS
from neuroscale.rules.finding import Finding


def test_text_begins_with_the_place_and_ends_with_the_summary(findings: list[Finding]) -> None:
    lines = FINDING_FORMATS["text"](findings).splitlines()
    assert lines[:5] == [
        "team-a/broken.yaml:12:13: deny NS101 some-pattern",
        "  InferenceService team-a/broken: spec.predictor.containers[0].args[0]",
        "  3 does not divide 16 attention heads",
        "  fix: use 1, 2, 4, 8 or 16",
        "  see: https://neuroscale.dev/rules/NS101",
    ]
    assert lines[-1] == "1 denial, 1 warning, 1 note"


def test_markdown_links_the_rule_and_shows_foreign_text_as_it_is(findings: list[Finding]) -> None:
    text = FINDING_FORMATS["markdown"](findings)
    assert "**1 denial, 1 warning, 1 note.**" in text
    assert "[NS101 some-pattern](https://neuroscale.dev/rules/NS101)" in text
    assert r"100% of \<b\>labels\</b\> \| are \*missing\*" in text


def test_nothing_found_is_said_in_words() -> None:
    assert FINDING_FORMATS["text"]([]) == "no findings"
    assert FINDING_FORMATS["markdown"]([]).startswith("**No findings.**")


def test_text_spells_out_what_would_steer_a_terminal(findings: list[Finding]) -> None:
    hostile = replace(findings[0], message="model \x1b[2J\x07 of \u202eevil")
    assert r"model \x1b[2J\x07 of \u202eevil" in FINDING_FORMATS["text"]([hostile])
