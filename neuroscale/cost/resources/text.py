"""A comparison for a terminal."""

from neuroscale.cost.resources.comparison import Comparison
from neuroscale.cost.resources.sentences import monthly, note_sentences, summary_sentences
from neuroscale.cost.resources.span import change_between
from neuroscale.cost.resources.wording import printable, shown_bytes, shown_change, shown_money, shown_number


def comparison_as_text(comparison: Comparison) -> str:
    """Return one block for each object that changes, the sum, and what a reader has to know to read it."""
    blocks = []
    for each in comparison.objects:
        if each.status == "unchanged":
            continue
        base, head = each.base_amounts, each.head_amounts
        accelerators = shown_change(change_between(base.all_accelerators, head.all_accelerators), shown_number)
        memory = shown_change(
            change_between(base.accelerator_memory_bytes, head.accelerator_memory_bytes), shown_bytes
        )
        processors = shown_change(change_between(base.processor_cores, head.processor_cores), shown_number)
        host = shown_change(change_between(base.memory_bytes, head.memory_bytes), shown_bytes)
        lines = [
            f"{each.status} {each.identity.title}",
            f"  accelerators {accelerators}, their memory {memory}, CPU cores {processors}, host memory {host}",
        ]
        if comparison.tariff is not None:
            money = shown_change(change_between(monthly(base), monthly(head)), shown_money)
            beside = " and what has no price" if base.unpriced != head.unpriced else ""
            lines.append(f"  {money} {comparison.tariff.book.currency} a month{beside}")
        lines.extend(f"  {fact.title}: {fact.base or '-'} -> {fact.head or '-'}" for fact in each.differences)
        lines.extend(f"  not certain: {doubt}" for doubt in each.doubts)
        blocks.append("\n".join(printable(line) for line in lines))
    blocks.append("\n".join(printable(line) for line in summary_sentences(comparison)))
    blocks.append("\n".join(f"note: {printable(line)}" for line in note_sentences(comparison)))
    return "\n\n".join(block for block in blocks if block) + "\n"
