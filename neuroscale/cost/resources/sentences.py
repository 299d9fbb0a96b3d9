"""What a comparison says in plain words, whatever the format of the report."""

from collections.abc import Iterator

from neuroscale.cost.resources.amounts import Amounts
from neuroscale.cost.resources.comparison import STATUSES, Comparison
from neuroscale.cost.resources.span import NOTHING, Span, change_between, fixed
from neuroscale.cost.resources.wording import shown_bytes, shown_change, shown_money, shown_number, shown_span
from neuroscale.prices.tariff import HOURS_PER_MONTH


def summary_sentences(comparison: Comparison) -> tuple[str, ...]:
    """Return what happens, in plain words: the objects counted, and the amounts that change."""
    counts = [f"{comparison.count(status)} {status}" for status in STATUSES if comparison.count(status)]
    counted = f"{', '.join(counts)}." if counts else "Neither side holds anything that is counted."
    base, head = comparison.base, comparison.head
    amounts = [
        ("accelerators", change_between(base.all_accelerators, head.all_accelerators), shown_number),
        (
            "of accelerator memory",
            change_between(base.accelerator_memory_bytes, head.accelerator_memory_bytes),
            shown_bytes,
        ),
        ("CPU cores", change_between(base.processor_cores, head.processor_cores), shown_number),
        ("of host memory", change_between(base.memory_bytes, head.memory_bytes), shown_bytes),
    ]
    if comparison.tariff is not None:
        name = f"{comparison.tariff.book.currency} a month"
        amounts.append((name, change_between(monthly(base), monthly(head)), shown_money))
    changes = [f"{shown_change(change, shown)} {name}" for name, change, shown in amounts if not change.is_nothing]
    if base.unpriced != head.unpriced:
        changes.append("beside accelerators without a price")
    if not changes:
        return (counted, "Nothing that is reserved changes.")
    return (counted, f"In all: {', '.join(changes)}.")


def monthly(amounts: Amounts) -> Span:
    """Return the money of a month, of everything that has a price."""
    return (amounts.per_hour or NOTHING).times(fixed(HOURS_PER_MONTH))


def note_sentences(comparison: Comparison) -> Iterator[str]:
    """Yield what a reader has to know to read the figures, and what is not in them."""
    yield from comparison.left_out
    tariff = comparison.tariff
    if tariff is None:
        yield "No prices were given, so money is left out."
    else:
        region = f", region {tariff.region}" if tariff.region else ""
        yield (
            f"A month is {HOURS_PER_MONTH} hours; {tariff.commitment} prices{region}. "
            "Storage and traffic are not priced."
        )
        unpriced = sorted({*comparison.base.unpriced, *comparison.head.unpriced})
        for name in unpriced:
            devices = comparison.head.unpriced.get(name) or comparison.base.unpriced[name]
            side = "" if name in comparison.head.unpriced else " before the change"
            yield (
                f"No price: {shown_span(devices, shown_number)} x {name}{side}. "
                "They cost something that is not in the money."
            )
        if tariff.book.processor_per_hour is None and tariff.book.memory_gibibyte_per_hour is None:
            yield "The price book prices no CPU and no host memory."
    if not (comparison.base.is_complete and comparison.head.is_complete):
        yield "Not all that is asked for is known, so totals are lower bounds; the details say what is missing."
    if not (_is_fixed(comparison.base) and _is_fixed(comparison.head)):
        yield (
            "A range runs from the fewest to the most replicas, and from the smallest to the largest of several "
            "possible accelerators; a change compares like with like."
        )


def _is_fixed(amounts: Amounts) -> bool:
    spans = (amounts.pods, amounts.accelerator_memory_bytes, amounts.per_hour or NOTHING)
    return all(span.is_fixed for span in spans)
