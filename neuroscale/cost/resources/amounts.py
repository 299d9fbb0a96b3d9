"""What footprints add up to: pods, processors, memory, accelerators and money."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from neuroscale.cost.resources.footprint import AcceleratorUse, Footprint, PartFootprint
from neuroscale.cost.resources.span import NOTHING, Span, fixed
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.prices.tariff import Tariff

GIBIBYTE = 2**30


@dataclass(frozen=True, slots=True)
class Amounts:
    """What is occupied.

    Attributes:
        pods: Pods.
        processor_cores: CPU cores that are reserved.
        memory_bytes: Host memory that is reserved.
        disk_bytes: Persistent storage that is claimed.
        accelerators: Accelerators, or shares of them, by name.
        accelerator_memory_bytes: Device memory of the accelerators whose kind is known.
        accelerators_of_unknown_memory: Accelerators, or shares of them, whose memory is not known.
        per_hour: Money for one hour, of everything that has a price; None without a tariff.
        unpriced: Accelerators without a price, by name; they cost something that is not in `per_hour`.
        is_complete: Whether all that is asked for is known; where not, every amount is a lower bound.
    """

    pods: Span = NOTHING
    processor_cores: Span = NOTHING
    memory_bytes: Span = NOTHING
    disk_bytes: Span = NOTHING
    accelerators: Mapping[str, Span] = field(default_factory=dict)
    accelerator_memory_bytes: Span = NOTHING
    accelerators_of_unknown_memory: Span = NOTHING
    per_hour: Span | None = None
    unpriced: Mapping[str, Span] = field(default_factory=dict)
    is_complete: bool = True

    @property
    def all_accelerators(self) -> Span:
        """Accelerators of every kind together."""
        return sum(self.accelerators.values(), start=NOTHING)


def amounts_of(footprints: Iterable[Footprint], tariff: Tariff | None = None) -> Amounts:
    """Return what footprints add up to; nothing for none."""
    parts = (part for footprint in footprints for part in footprint.parts)
    total = Amounts(per_hour=None if tariff is None else NOTHING)
    for part in parts:
        total = _sum(total, _amounts_of_part(part, tariff))
    return total


def memory_of(use: AcceleratorUse) -> Span | None:
    """Return the memory of one accelerator, from the smallest to the largest that is possible; None if unknown."""
    return _span_over(kind.memory_bytes for kind in use.kinds)


def _amounts_of_part(part: PartFootprint, tariff: Tariff | None) -> Amounts:
    accelerators: dict[str, Span] = {}
    unpriced: dict[str, Span] = {}
    memory = unknown = NOTHING
    hourly = NOTHING
    for use in part.accelerators:
        devices = part.pods.times(fixed(use.count or 0))
        if devices.is_nothing:
            continue
        accelerators[use.name] = accelerators.get(use.name, NOTHING) + devices
        each = memory_of(use)
        if each is None:
            unknown += devices
        else:
            memory += devices.times(each)
        if tariff is not None:
            price = _price_of(use.kinds, tariff)
            if price is None:
                unpriced[use.name] = unpriced.get(use.name, NOTHING) + devices
            else:
                hourly += devices.times(price)
    processor_cores = part.pods.times(fixed(part.processor_cores))
    memory_bytes = part.pods.times(fixed(part.memory_bytes))
    if tariff is not None:
        core = fixed(tariff.book.processor_per_hour or 0)
        byte = fixed(Fraction(tariff.book.memory_gibibyte_per_hour or 0) / GIBIBYTE)
        hourly += processor_cores.times(core) + memory_bytes.times(byte)
    return Amounts(
        pods=part.pods,
        processor_cores=processor_cores,
        memory_bytes=memory_bytes,
        # A claim of its own has no pod.
        disk_bytes=fixed(part.disk_bytes) if part.part == "claim" else part.pods.times(fixed(part.disk_bytes)),
        accelerators=accelerators,
        accelerator_memory_bytes=memory,
        accelerators_of_unknown_memory=unknown,
        per_hour=None if tariff is None else hourly,
        unpriced=unpriced,
        is_complete=part.is_complete or part.pods.is_nothing,
    )


def _price_of(kinds: Iterable[Accelerator], tariff: Tariff) -> Span | None:
    """Return the price of one device, from the cheapest to the dearest kind; None unless every kind has one."""
    prices = [tariff.price_of(kind.name) for kind in kinds]
    stated = [Fraction(price.per_hour) for price in prices if price is not None]
    return _span_over(stated) if len(stated) == len(prices) else None


def _span_over(figures: Iterable[Fraction | int]) -> Span | None:
    exact = [Fraction(figure) for figure in figures]
    return Span(min(exact), max(exact)) if exact else None


def _sum(one: Amounts, other: Amounts) -> Amounts:
    return Amounts(
        pods=one.pods + other.pods,
        processor_cores=one.processor_cores + other.processor_cores,
        memory_bytes=one.memory_bytes + other.memory_bytes,
        disk_bytes=one.disk_bytes + other.disk_bytes,
        accelerators=_sum_by_name(one.accelerators, other.accelerators),
        accelerator_memory_bytes=one.accelerator_memory_bytes + other.accelerator_memory_bytes,
        accelerators_of_unknown_memory=one.accelerators_of_unknown_memory + other.accelerators_of_unknown_memory,
        per_hour=None if one.per_hour is None or other.per_hour is None else one.per_hour + other.per_hour,
        unpriced=_sum_by_name(one.unpriced, other.unpriced),
        is_complete=one.is_complete and other.is_complete,
    )


def _sum_by_name(one: Mapping[str, Span], other: Mapping[str, Span]) -> Mapping[str, Span]:
    names = sorted({*one, *other})
    return {name: one.get(name, NOTHING) + other.get(name, NOTHING) for name in names}
