"""The three views as a drawing: one bill, divided in three ways."""

from collections.abc import Sequence

from neuroscale.cost.attribution import Share
from neuroscale.cost.grouping import CostGroup
from neuroscale.cost.report import NAMELESS, CostReport
from neuroscale.pictures.bars import Bar, BarDrawing, Segment

_KEPT = "cannot be weighed"


def cost_drawing(report: CostReport) -> BarDrawing:
    """Return one bar for each view; what a view cannot weigh keeps its bill and is drawn pale."""
    groups = report.groups
    unit = f" {report.attribution.currency}" if report.attribution.currency else ""
    views = (
        ("Allocation: what was held", [group.allocation for group in groups]),
        ("Compute: what was done with it", [group.compute for group in groups]),
        ("Tokens: what was served", [group.tokens for group in groups]),
    )
    bars = tuple(Bar(label, tuple(_segments(report, groups, shares, unit))) for label, shares in views)
    return BarDrawing(
        title=f"One bill by {'cost centre' if report.by == 'cost-center' else report.by}",
        description=" ".join(
            f"{bar.label}: {', '.join(f'{segment.name} {segment.text}' for segment in bar.segments)}."
            for bar in bars
        ),
        bars=bars,
        is_share=True,
    )


def _segments(report: CostReport, groups: Sequence[CostGroup], shares: Sequence[Share], unit: str) -> list[Segment]:
    drawn = [
        Segment(
            NAMELESS[report.by] if group.key is None else group.key, float(share.amount), f"{share.amount}{unit}"
        )
        for group, share in zip(groups, shares, strict=True)
        if share.amount is not None
    ]
    kept = [
        group.allocation.amount
        for group, share in zip(groups, shares, strict=True)
        if share.amount is None and group.allocation.amount is not None
    ]
    if kept:
        drawn.append(Segment(_KEPT, float(sum(kept)), f"{sum(kept)}{unit}", is_free=True))
    return drawn
