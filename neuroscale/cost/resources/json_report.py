"""A comparison as JSON: money as text with two decimals, every other amount as a number, sizes in bytes."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from neuroscale.cost.resources.amounts import Amounts
from neuroscale.cost.resources.comparison import STATUSES, ComparedObject, Comparison, Difference
from neuroscale.cost.resources.footprint import Footprint
from neuroscale.cost.resources.sentences import monthly, note_sentences, summary_sentences
from neuroscale.cost.resources.serving_facts import ServingFacts
from neuroscale.cost.resources.span import NOTHING, Span, change_between
from neuroscale.cost.resources.wording import money_text
from neuroscale.prices.tariff import HOURS_PER_MONTH


def comparison_as_json(comparison: Comparison) -> dict[str, Any]:
    """Return the public JSON form of a comparison.

    A `most` that is null is not bounded; in a change it is not known.
    """
    tariff = comparison.tariff
    return {
        "summary": {status: comparison.count(status) for status in STATUSES},
        "sentence": " ".join(summary_sentences(comparison)),
        "prices": None
        if tariff is None
        else {
            "currency": tariff.book.currency,
            "region": tariff.region,
            "commitment": tariff.commitment,
            "hoursPerMonth": HOURS_PER_MONTH,
        },
        "total": _sides(comparison.base, comparison.head, is_money_known=comparison.is_money_known),
        "payers": [
            {
                "owner": each.owner,
                "costCenter": each.cost_center,
                **_sides(each.base, each.head, is_money_known=each.is_money_known),
            }
            for each in comparison.payers
        ],
        "objects": [_object(each) for each in comparison.objects],
        "notes": list(note_sentences(comparison)),
    }


def _object(compared: ComparedObject) -> dict[str, Any]:
    identity = compared.identity
    holder = compared.head or compared.base
    return {
        "status": compared.status,
        "object": {
            "apiGroup": identity.api_group,
            "kind": identity.kind,
            "namespace": identity.namespace,
            "name": identity.name,
        },
        "owner": "" if holder is None else holder.owner,
        "costCenter": "" if holder is None else holder.cost_center,
        **_sides(compared.base_amounts, compared.head_amounts, is_money_known=compared.is_money_known),
        "engines": {"before": _engines(compared.base), "after": _engines(compared.head)},
        "differences": [_difference(each) for each in compared.differences],
        "uncertain": list(compared.doubts),
    }


def _engines(footprint: Footprint | None) -> list[dict[str, Any]]:
    parts = () if footprint is None else footprint.parts
    return [_engine(part.part, part.serving) for part in parts if part.serving is not None]


def _engine(part: str, facts: ServingFacts) -> dict[str, Any]:
    sizes = facts.parallelism
    weights = facts.weights
    return {
        "part": part,
        "model": facts.model,
        "isMixtureOfExperts": facts.is_mixture_of_experts,
        "totalParameters": facts.total_parameters,
        "activeParameters": facts.active_parameters,
        "engine": facts.engine,
        "engineVersion": facts.engine_version,
        "parallelism": None if sizes is None else [{"name": name, "size": size} for name, size in sizes],
        "contextTokens": facts.context_tokens,
        "quantization": facts.quantization,
        "weightsBytesPerAccelerator": None
        if weights is None
        else {"least": weights.optimistic_bytes, "most": weights.pessimistic_bytes},
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "part": difference.part,
        "name": difference.name,
        "before": difference.base,
        "after": difference.head,
    }


def _sides(base: Amounts, head: Amounts, *, is_money_known: bool) -> dict[str, Any]:
    change = _change(base, head, is_money_known=is_money_known)
    return {"before": _amounts(base), "after": _amounts(head), "change": change}


def _amounts(amounts: Amounts) -> dict[str, Any]:
    priced = amounts.per_hour is not None
    return {
        "pods": _span(amounts.pods),
        "processorCores": _span(amounts.processor_cores),
        "memoryBytes": _span(amounts.memory_bytes),
        "diskBytes": _span(amounts.disk_bytes),
        "accelerators": _span(amounts.all_accelerators),
        "acceleratorsByKind": _named(amounts.accelerators),
        "acceleratorMemoryBytes": _span(amounts.accelerator_memory_bytes),
        "acceleratorsOfUnknownMemory": _span(amounts.accelerators_of_unknown_memory),
        "perHour": _money(amounts.per_hour or NOTHING) if priced else None,
        "perMonth": _money(monthly(amounts)) if priced else None,
        "withoutPrice": _named(amounts.unpriced),
        "isComplete": amounts.is_complete,
    }


def _change(base: Amounts, head: Amounts, *, is_money_known: bool) -> dict[str, Any]:
    priced = base.per_hour is not None and head.per_hour is not None
    names = sorted({*base.accelerators, *head.accelerators})
    return {
        "pods": _difference_of(base.pods, head.pods),
        "processorCores": _difference_of(base.processor_cores, head.processor_cores),
        "memoryBytes": _difference_of(base.memory_bytes, head.memory_bytes),
        "diskBytes": _difference_of(base.disk_bytes, head.disk_bytes),
        "accelerators": _difference_of(base.all_accelerators, head.all_accelerators),
        "acceleratorsByKind": [
            {
                "name": name,
                **_difference_of(base.accelerators.get(name, NOTHING), head.accelerators.get(name, NOTHING)),
            }
            for name in names
        ],
        "acceleratorMemoryBytes": _difference_of(base.accelerator_memory_bytes, head.accelerator_memory_bytes),
        "perHour": _money_change(base.per_hour or NOTHING, head.per_hour or NOTHING) if priced else None,
        "perMonth": _money_change(monthly(base), monthly(head)) if priced else None,
        "isMoneyKnown": is_money_known,
    }


def _span(span: Span) -> dict[str, Any]:
    return {"least": _number(span.least), "most": None if span.most is None else _number(span.most)}


def _named(spans: Mapping[str, Span]) -> list[dict[str, Any]]:
    return [{"name": name, **_span(span)} for name, span in spans.items()]


def _difference_of(base: Span, head: Span) -> dict[str, Any]:
    change = change_between(base, head)
    return {"least": _number(change.least), "most": None if change.most is None else _number(change.most)}


def _money(span: Span) -> dict[str, Any]:
    return {"least": money_text(span.least), "most": None if span.most is None else money_text(span.most)}


def _money_change(base: Span, head: Span) -> dict[str, Any]:
    change = change_between(base, head)
    return {
        "least": money_text(change.least),
        "most": None if change.most is None else money_text(change.most),
    }


def _number(amount: Fraction) -> int | float:
    return amount.numerator if amount.denominator == 1 else round(float(amount), 6)
