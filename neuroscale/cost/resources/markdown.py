"""A comparison as the comment on a pull request: short, with a heading that stays, and the details folded away."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from neuroscale.cost.resources.amounts import Amounts, memory_of
from neuroscale.cost.resources.comparison import ComparedObject, Comparison, Difference
from neuroscale.cost.resources.footprint import Footprint, PartFootprint
from neuroscale.cost.resources.sentences import monthly, note_sentences, summary_sentences
from neuroscale.cost.resources.span import NOTHING, Span, change_between
from neuroscale.cost.resources.wording import (
    Shown,
    plain,
    shown_bytes,
    shown_change,
    shown_money,
    shown_number,
    shown_span,
)
from neuroscale.pictures.bars import Bar, Segment
from neuroscale.pictures.text import text_bar
from neuroscale.prices.tariff import Tariff

HEADING = "## NeuroScale: what this change occupies"
MARKER = "<!-- neuroscale-delta -->"
"""Stands in the first line, so that a bot finds the comment that it is to replace."""

# A comment may hold 65,536 characters: what each of its parts may take of them.
_TOTALS_CHARACTERS = 8_000
_TABLE_CHARACTERS = 12_000
_DETAILS_CHARACTERS = 22_000
_NOTES_CHARACTERS = 6_000
_MOST_DIFFERENCES = 30
_BAR_WIDTH = 30
_NO_VALUE = "not known"


def comparison_as_markdown(comparison: Comparison) -> str:
    """Return the comment: a sentence, the totals, the objects that change, and what changed in each."""
    changed = [each for each in comparison.objects if each.status != "unchanged"]
    parts = [f"{MARKER}\n{HEADING}", _summary(comparison)]
    if changed:
        parts.append(_table(("", "before", "after", "change"), tuple(_totals(comparison)), _TOTALS_CHARACTERS))
        parts.append(_objects_table(changed, comparison.tariff))
        if any(each.owner or each.cost_center for each in comparison.payers):
            parts.append(_payers_table(comparison))
        parts.append(_details(changed))
    parts.extend(_notes(comparison))
    return "\n\n".join(part for part in parts if part) + "\n"


def _summary(comparison: Comparison) -> str:
    counted, amounts = summary_sentences(comparison)
    return f"{counted} **{plain(amounts)}**"


def _totals(comparison: Comparison) -> Iterator[tuple[str, str, str, str]]:
    base, head = comparison.base, comparison.head
    for name in sorted({*base.accelerators, *head.accelerators}):
        spans = base.accelerators.get(name, NOTHING), head.accelerators.get(name, NOTHING)
        yield _total(f"Accelerators: {plain(name)}", *spans, shown_number, comparison)
    rows: list[tuple[str, Span, Span, Shown]] = [
        ("Accelerator memory", base.accelerator_memory_bytes, head.accelerator_memory_bytes, shown_bytes),
        ("CPU cores", base.processor_cores, head.processor_cores, shown_number),
        ("Host memory", base.memory_bytes, head.memory_bytes, shown_bytes),
        ("Disk", base.disk_bytes, head.disk_bytes, shown_bytes),
        ("Pods", base.pods, head.pods, shown_number),
    ]
    if comparison.tariff is not None:
        currency = comparison.tariff.book.currency
        rows.append((f"{currency} an hour", base.per_hour or NOTHING, head.per_hour or NOTHING, shown_money))
        rows.append((f"{currency} a month", monthly(base), monthly(head), shown_money))
    for name, before, after, shown in rows:
        row = _total(name, before, after, shown, comparison)
        if shown is shown_money:
            yield (name, row[1] + _beside(base), row[2] + _beside(head), row[3])
        elif before != after:
            yield row


def _beside(amounts: Amounts) -> str:
    """Return what the money of a side leaves out."""
    devices = sum(amounts.unpriced.values(), start=NOTHING)
    return "" if devices.is_nothing else f", no price for {shown_span(devices, shown_number)}"


def _total(name: str, before: Span, after: Span, shown: Shown, comparison: Comparison) -> tuple[str, str, str, str]:
    return (
        name,
        shown_span(before, shown, is_complete=comparison.base.is_complete),
        shown_span(after, shown, is_complete=comparison.head.is_complete),
        shown_change(change_between(before, after), shown),
    )


def _objects_table(changed: Sequence[ComparedObject], tariff: Tariff | None) -> str:
    head = ["object", "", "accelerators", "accelerator memory", "CPU cores", "host memory"]
    if tariff is not None:
        head.append(f"{tariff.book.currency} a month")
    rows = [
        (plain(each.identity.title), each.status, *_changes(each.base_amounts, each.head_amounts))
        for each in changed
    ]
    return _table(head, rows, _TABLE_CHARACTERS, text_columns=2)


def _payers_table(comparison: Comparison) -> str:
    head = ["owner", "cost centre", "accelerators", "accelerator memory", "CPU cores", "host memory"]
    if comparison.tariff is not None:
        head.append(f"{comparison.tariff.book.currency} a month")
    rows = [
        (plain(each.owner) or "none", plain(each.cost_center) or "none", *_changes(each.base, each.head))
        for each in comparison.payers
    ]
    return _table(head, rows, _TABLE_CHARACTERS, text_columns=2)


def _changes(base: Amounts, head: Amounts) -> tuple[str, ...]:
    pairs: list[tuple[Span, Span, Shown]] = [
        (base.all_accelerators, head.all_accelerators, shown_number),
        (base.accelerator_memory_bytes, head.accelerator_memory_bytes, shown_bytes),
        (base.processor_cores, head.processor_cores, shown_number),
        (base.memory_bytes, head.memory_bytes, shown_bytes),
    ]
    cells = [shown_change(change_between(before, after), shown) for before, after, shown in pairs]
    if base.accelerators_of_unknown_memory != head.accelerators_of_unknown_memory:
        cells[1] = _NO_VALUE if cells[1] == "0" else f"{cells[1]} and more that is {_NO_VALUE}"
    if base.per_hour is not None and head.per_hour is not None:
        money = shown_change(change_between(monthly(base), monthly(head)), shown_money)
        if base.unpriced != head.unpriced:
            money = f"{money} and what has no price"
        cells.append(money)
    return tuple(cells)


def _details(changed: Sequence[ComparedObject]) -> str:
    blocks = _within([_object_details(each) for each in changed], _DETAILS_CHARACTERS, "objects")
    return "\n\n".join(["<details><summary>What changed</summary>", *blocks, "</details>"])


def _object_details(compared: ComparedObject) -> str:
    parts = [f"**{plain(compared.identity.title)}** ({compared.status})"]
    shown = compared.differences[:_MOST_DIFFERENCES]
    items = [f"- {_difference(each)}" for each in shown]
    items += [f"- Not certain: {plain(doubt)}" for doubt in compared.doubts]
    parts.append("\n".join(items))
    bars = list(_bars(compared))
    if bars:
        parts.append("\n".join(("```text", *bars, "```")))
    return "\n\n".join(part for part in parts if part)


def _difference(difference: Difference) -> str:
    name = plain(difference.title)
    if difference.base is None:
        return f"{name}: {plain(difference.head or _NO_VALUE)}"
    if difference.head is None:
        return f"{name}: was {plain(difference.base)}"
    return f"{name}: {plain(difference.base)} → **{plain(difference.head)}**"


def _bars(compared: ComparedObject) -> Iterator[str]:
    sides = (("before", compared.base, compared.base_amounts), ("after", compared.head, compared.head_amounts))
    memories = {name: amounts.accelerator_memory_bytes for name, _, amounts in sides}
    longest = max((span.least if span.most is None else span.most) for span in memories.values())
    for name, footprint, _ in sides:
        span = memories[name]
        if footprint is None or longest == 0:
            continue
        most = longest if span.most is None else span.most
        yield f"VRAM {name:9}  {_bar(most, longest)}  {shown_span(span, shown_bytes)}"
    for name, footprint, _ in sides:
        for part in _sized_parts(footprint):
            weights = part.serving.weights if part.serving is not None else None
            memory = memory_of(part.accelerators[0])
            if weights is not None and memory is not None:
                most = Fraction(weights.pessimistic_bytes)
                bar = _bar(min(most, memory.least), memory.least)
                figures = f"{shown_bytes(most)} of {shown_span(memory, shown_bytes)}"
                yield f"weights {name:6}  {bar}  at most {figures} ({part.part}, each {part.accelerators[0].name})"


def _sized_parts(footprint: Footprint | None) -> Iterator[PartFootprint]:
    if footprint is not None:
        yield from (each for each in footprint.parts if each.accelerators and not each.part.endswith("worker"))


def _bar(amount: Fraction, whole: Fraction) -> str:
    free = float(whole - amount)
    segments = (Segment("used", float(amount), ""), Segment("free", free, "", is_free=True))
    return text_bar(Bar("", segments), _BAR_WIDTH)


def _notes(comparison: Comparison) -> Iterator[str]:
    sentences = _within([plain(each) for each in note_sentences(comparison)], _NOTES_CHARACTERS, "notes")
    if sentences:
        yield f"<sub>{' '.join(sentences)}</sub>"


def _table(
    head: Sequence[str], rows: Sequence[tuple[str, ...]], most_characters: int, *, text_columns: int = 1
) -> str:
    rule = ["---" if index < text_columns else "---:" for index in range(len(head))]
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    shown = _within(lines, most_characters, "rows")
    # What is left out stands below the table.
    below = ["", shown.pop()] if len(shown) > 0 and shown[-1] not in lines else []
    return "\n".join([f"| {' | '.join(head)} |", f"| {' | '.join(rule)} |", *shown, *below])


def _within(texts: Sequence[str], most_characters: int, name: str) -> list[str]:
    """Return the first texts that fit, and how many more there are."""
    kept: list[str] = []
    for text in texts:
        most_characters -= len(text)
        if most_characters < 0:
            return [*kept, f"and {len(texts) - len(kept)} {name} more."]
        kept.append(text)
    return kept
