"""Amounts as people read them, and names that draw, link and mention nothing."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.cost.resources.change import compare_manifests
from neuroscale.cost.resources.markdown import comparison_as_markdown
from neuroscale.cost.resources.span import Change, Span, change_between
from neuroscale.cost.resources.wording import (
    money_text,
    plain,
    shown_bytes,
    shown_change,
    shown_money,
    shown_number,
    shown_span,
)
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.prices.tariff import Tariff
from neuroscale.rules.subject import ClusterFacts
from tests.cost.resources.cases import NAMES, compared, price_book

MARKDOWN = MarkdownIt("commonmark").enable("table").enable("strikethrough")
# What the comment is made of; all else would be markup that a manifest brought along.
OWN_TOKENS = {
    "blockquote_close", "bullet_list_close", "bullet_list_open", "fence", "heading_close", "heading_open",
    "html_block", "inline", "list_item_close", "list_item_open", "paragraph_close", "paragraph_open",
    "strong_close", "strong_open", "table_close", "table_open", "tbody_close", "tbody_open", "td_close", "td_open",
    "text", "th_close", "th_open", "thead_close", "thead_open", "tr_close", "tr_open", "html_inline",
    "text_special",
}  # fmt: skip
OWN_HTML = {
    "<!-- neuroscale-delta -->",
    "<details><summary>What changed</summary>",
    "</details>",
    "<sub>",
    "</sub>",
}


def tokens_of(text: str) -> list[tuple[str, str]]:
    """Return the type and the content of every token, those within lines included."""
    found = []
    for token in MARKDOWN.parse(text):
        found.append((token.type, token.content))
        found.extend((child.type, child.content) for child in token.children or ())
    return found


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Fraction(0), "0"), (Fraction(4), "4"), (Fraction(1, 2), "0.5"), (Fraction(1, 3), "0.33"),
        (Fraction(12345), "12,345"), (Fraction(1, 1000), "under 0.01"), (Fraction(-1, 1000), "over -0.01"),
        (Fraction(10) ** 30, "1,000,000,000,000,000,000,000,000,000,000"),
    ],
)  # fmt: skip
def test_numbers(amount: Fraction, shown: str) -> None:
    assert shown_number(amount) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (0, "0 B"), (1023, "1,023 B"), (1024, "1 KiB"), (1536 * 2**20, "1.5 GiB"), (80 * 2**30, "80 GiB"),
        (3384 * 2**30, "3,384 GiB"), (10 * 2**40, "10 TiB"), (2**60, "1,024 PiB"),
    ],
)  # fmt: skip
def test_bytes(amount: int, shown: str) -> None:
    assert shown_bytes(Fraction(amount)) == shown


def test_money_has_two_decimals_and_loses_no_digit() -> None:
    assert shown_money(Fraction(-1, 1000)) == "0.00"
    assert shown_money(Fraction(123456789, 100)) == "1,234,567.89"
    assert money_text(Fraction(10) ** 30 + Fraction(1, 100)) == "1000000000000000000000000000000.01"


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (Change(Fraction(0), Fraction(0)), "0"), (Change(Fraction(2), Fraction(2)), "+2"),
        (Change(Fraction(-1), Fraction(3)), "-1 to +3"), (Change(Fraction(0), None, "head"), "0 to +unlimited"),
        (Change(Fraction(1), None, "base"), "+1 to -unlimited"),
        (Change(Fraction(1), None, "both"), "+1 to unlimited as before"),
    ],
)  # fmt: skip
def test_changes_have_a_sign(change: Change, shown: str) -> None:
    assert shown_change(change, shown_number) == shown


def test_ranges_say_what_they_leave_out() -> None:
    assert shown_span(Span(Fraction(1), Fraction(4)), shown_number) == "1 to 4"
    assert shown_span(Span(Fraction(1), None), shown_number) == "1 to unlimited"
    assert shown_span(Span(Fraction(2), Fraction(2)), shown_number, is_complete=False) == "at least 2"


SPANS = st.tuples(st.integers(0, 1000), st.one_of(st.none(), st.integers(0, 1000))).map(
    lambda pair: Span(Fraction(pair[0]), None if pair[1] is None else Fraction(pair[0] + pair[1]))
)


@given(base=SPANS, head=SPANS)
def test_a_change_is_known_wherever_both_amounts_are_bounded(base: Span, head: Span) -> None:
    change = change_between(base, head)
    assert change.least == head.least - base.least
    assert (change.most is None) is (base != head and (base.most is None or head.most is None))
    assert change.is_nothing is (base == head)


@given(text=st.text(min_size=1))
def test_a_name_is_text_and_nothing_else_wherever_it_stands(text: str) -> None:
    name = plain(f"x{text}x")
    assert "\n" not in name
    for document in (f"**{name}** (changed)", f"- {name}: 1 → **2**", f"| a | b |\n| --- | --- |\n| {name} | 1 |"):
        kinds = {kind for kind, _ in tokens_of(document)}
        assert kinds <= OWN_TOKENS - {"html_block", "html_inline", "fence", "heading_open"}, (document, kinds)
    rows = [kind for kind, _ in tokens_of(f"| a | b |\n| --- | --- |\n| {name} | 1 |") if kind == "td_open"]
    assert len(rows) == 2


@pytest.mark.parametrize("text", ["@everyone", "mail@example.com", "https://evil.example", "WWW.evil.example"])
def test_a_name_mentions_and_links_nobody(text: str) -> None:
    assert text not in plain(text)
    assert plain(text).replace("\u2060", "") == text


@pytest.mark.parametrize("name", NAMES)
def test_a_comment_holds_no_markup_but_its_own(name: str) -> None:
    tokens = tokens_of(comparison_as_markdown(compared(name)))
    assert {kind for kind, _ in tokens} <= OWN_TOKENS
    html = {content.strip() for kind, content in tokens if kind in {"html_block", "html_inline"}}
    assert html <= OWN_HTML


@pytest.mark.parametrize("character", ["a", "|", "<", "\u202e", "@"])
def test_a_comment_fits_where_comments_are_written_whatever_is_in_the_manifests(character: str) -> None:
    name = character * 5000
    objects = tuple(
        manifest_from_mapping(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": f"{name}{number}", "labels": {"owner": f"{name}{number}"}},
                "spec": {
                    "template": {
                        "spec": {
                            "containers": [
                                {
                                    "image": "vllm/vllm-openai:v0.33.0",
                                    "args": [f"--model={name}"],
                                    "resources": {"limits": {f"amd.com/{name}{number}": "1"}},
                                }
                            ]
                        }
                    }
                },
            }
        )
        for number in range(200)
    )
    facts = ClusterFacts(models=load_catalogue())
    comment = comparison_as_markdown(compare_manifests((), objects, facts, Tariff(price_book())))
    assert len(comment) < 65_536
    assert "rows more." in comment
    assert "objects more." in comment
    assert {kind for kind, _ in tokens_of(comment)} <= OWN_TOKENS
