"""The three views as JSON, as text and as Markdown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from neuroscale.cost.attribution import Attribution, EndpointCost, Share
from neuroscale.cost.explanation import BASIS_WORDS, difference
from neuroscale.cost.grouping import CostGroup, GroupedBy, ViewTotal, group_endpoints, total_billed, view_total
from neuroscale.cost.resources.wording import plain, printable

NAMELESS: dict[GroupedBy, str] = {
    "endpoint": "(no endpoint)",
    "model": "(model not known)",
    "owner": "(no owner)",
    "cost-center": "(no cost centre)",
}
_HEADS = ("accelerator-hours", "allocation", "compute", "tokens", "per million tokens")
_VIEWS = {
    "allocation": "what was held, busy or not, at the stated prices. It cannot say whether anything was computed.",
    "compute": "the bill of one kind of accelerators, divided by the arithmetic done on them. It cannot say that "
    "memory which is held is free for others, and counts neither attention over long contexts nor images.",
    "tokens": "the same bill, divided by the tokens served. A token of a small model costs what one of a large one "
    "does.",
}


@dataclass(frozen=True, slots=True)
class CostReport:
    """What is reported.

    Attributes:
        attribution: The three views of every endpoint.
        by: What the endpoints are grouped by.
        window: The window in words or times; None where it is not known.
        notes: What the reader has to know beside the figures.
    """

    attribution: Attribution
    by: GroupedBy
    window: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def groups(self) -> tuple[CostGroup, ...]:
        """The endpoints by what they are grouped by."""
        return group_endpoints(self.attribution, self.by)


def report_as_json(report: CostReport) -> dict[str, Any]:
    """Return the public JSON form; money is a decimal as text, with two digits, or four for a million tokens."""
    attribution = report.attribution
    return {
        "currency": attribution.currency,
        "window": report.window,
        "by": report.by,
        "groups": [_group_as_json(group, attribution.currency) for group in report.groups],
        "totals": {
            "acceleratorHours": float(sum((e.usage.accelerator_hours for e in attribution.endpoints), Decimal(0))),
            "allocation": str(total_billed(attribution)),
            **{
                view: {"divided": str(total.divided), "leftOut": str(total.left_out)}
                for view, total in (
                    ("compute", view_total(attribution, "compute")),
                    ("tokens", view_total(attribution, "tokens")),
                )
            },
        },
        "notes": list(report.notes),
    }


def report_as_text(report: CostReport) -> str:
    """Return the views as columns for a terminal, and one line for each group that says why they differ."""
    rows = [(_title(report.by), *_HEADS), *_rows(report)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    table = "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
    differences = "\n".join(
        f"{_name(group, report.by)}: {difference(group, report.attribution.currency)}" for group in report.groups
    )
    views = "\n".join(f"{name}: {meaning}" for name, meaning in _VIEWS.items())
    parts = [_heading(report), table, differences, views, *report.notes]
    return "\n\n".join("\n".join(printable(line) for line in part.split("\n")) for part in parts if part) + "\n"


def report_as_markdown(report: CostReport) -> str:
    """Return the views as a table, and a list that says why they differ."""
    head = (_title(report.by), *_HEADS)
    lines = [
        f"| {' | '.join(head)} |",
        f"|{'|'.join('---' if column == 0 else '--:' for column in range(len(head)))}|",
        *(f"| {' | '.join(plain(cell) for cell in row)} |" for row in _rows(report)),
    ]
    differences = "\n".join(
        f"- **{plain(_name(group, report.by))}**: {plain(difference(group, report.attribution.currency))}"
        for group in report.groups
    )
    views = "\n".join(f"- *{name}*: {meaning}" for name, meaning in _VIEWS.items())
    parts = [f"**{plain(_heading(report))}**", "\n".join(lines), differences, views, *map(plain, report.notes)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _heading(report: CostReport) -> str:
    currency = report.attribution.currency or "currency not stated"
    window = f", {report.window}" if report.window else ""
    return f"Cost by {_title(report.by)}{window}, {currency}"


def _title(by: GroupedBy) -> str:
    return "cost centre" if by == "cost-center" else by


def _name(group: CostGroup, by: GroupedBy) -> str:
    return NAMELESS[by] if group.key is None else group.key


def _rows(report: CostReport) -> Iterator[tuple[str, ...]]:
    for group in report.groups:
        served = group.per_million.served
        yield (
            _name(group, report.by),
            f"{group.accelerator_hours:.1f}",
            *(_shown(share) for share in (group.allocation, group.compute, group.tokens)),
            "-" if served is None else str(served),
        )
    yield _totals(report.attribution)


def _totals(attribution: Attribution) -> tuple[str, ...]:
    hours = sum((endpoint.usage.accelerator_hours for endpoint in attribution.endpoints), Decimal(0))
    compute, tokens = view_total(attribution, "compute"), view_total(attribution, "tokens")
    return (
        "total",
        f"{hours:.1f}",
        str(total_billed(attribution)),
        *("-" if not total.divided and total.left_out else _divided(total) for total in (compute, tokens)),
        "",
    )


def _divided(total: ViewTotal) -> str:
    return f"{total.divided} of {total.divided + total.left_out}" if total.left_out else str(total.divided)


def _shown(share: Share) -> str:
    return "-" if share.amount is None else str(share.amount)


def _group_as_json(group: CostGroup, currency: str | None) -> dict[str, Any]:
    counts = [endpoint.usage.tokens for endpoint in group.endpoints if endpoint.usage.tokens is not None]
    is_measured = len(counts) == len(group.endpoints)
    bases = {endpoint.compute_basis for endpoint in group.endpoints if endpoint.compute_basis is not None}
    return {
        "name": group.key,
        "acceleratorHours": float(group.accelerator_hours),
        "allocation": _share_as_json(group.allocation),
        "compute": _share_as_json(group.compute)
        | {"part": _part(group.compute), "bases": [basis for basis in BASIS_WORDS if basis in bases]},
        "tokens": _share_as_json(group.tokens)
        | {
            "part": _part(group.tokens),
            "promptTokens": sum(each.prompt_tokens for each in counts) if is_measured else None,
            "generatedTokens": sum(each.generated_tokens for each in counts) if is_measured else None,
        },
        "perMillionTokens": {
            "served": _text(group.per_million.served),
            "generated": _text(group.per_million.generated),
            "reason": group.per_million.reason,
        },
        "difference": difference(group, currency),
        "endpoints": [_endpoint_as_json(endpoint) for endpoint in group.endpoints],
    }


def _endpoint_as_json(endpoint: EndpointCost) -> dict[str, Any]:
    usage = endpoint.usage
    return {
        "endpoint": usage.title,
        "model": usage.model,
        "owner": usage.owner,
        "costCenter": usage.cost_center,
        "accelerator": usage.accelerator,
        "acceleratorHours": float(usage.accelerator_hours),
        "allocation": _text(endpoint.allocation.amount),
        "compute": _text(endpoint.compute.amount),
        "tokens": _text(endpoint.tokens.amount),
        "computeUtilisation": None
        if endpoint.compute_utilisation is None
        else round(endpoint.compute_utilisation, 6),
    }


def _share_as_json(share: Share) -> dict[str, Any]:
    return {"amount": _text(share.amount), "reason": share.reason}


def _part(share: Share) -> float | None:
    return None if share.amount is None or share.part is None else round(float(share.part), 6)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def unbilled(endpoints: Sequence[EndpointCost]) -> tuple[str, ...]:
    """Return a note on each endpoint that no price is known for: the bill does not contain it."""
    return tuple(
        f"Not billed: {endpoint.usage.title} with {endpoint.usage.accelerator_hours:.1f} accelerator-hours: "
        f"{endpoint.allocation.reason}."
        for endpoint in endpoints
        if endpoint.allocation.amount is None
    )
