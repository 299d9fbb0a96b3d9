"""What a change of manifests does to what they occupy: object by object, and in all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from neuroscale.cost.resources.amounts import Amounts, amounts_of
from neuroscale.cost.resources.footprint import Footprint, ObjectIdentity, PartFootprint
from neuroscale.cost.resources.serving_facts import described_facts
from neuroscale.cost.resources.span import Span, change_between
from neuroscale.cost.resources.wording import shown_bytes, shown_number, shown_span
from neuroscale.prices.tariff import Tariff

Status = Literal["added", "removed", "changed", "unchanged"]
# Facts of pods, which every part has its own of.
_PER_POD = frozenset({"accelerators per pod", "pods", "CPU per pod", "memory per pod", "disk per pod"})
_ONLY_PARTS = frozenset({"", "claim", "pod"})
STATUSES: tuple[Status, ...] = ("added", "removed", "changed", "unchanged")


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact of an object that is another one after the change.

    Attributes:
        part: Which part of the object; "" for the object itself.
        name: What changed, e.g. "parallelism".
        base: As it was; None where it was not there or not known.
        head: As it is; None where it is not there or not known.
    """

    part: str
    name: str
    base: str | None
    head: str | None

    @property
    def title(self) -> str:
        """What changed, with the part where an object has several kinds of them."""
        return self.name if self.part in _ONLY_PARTS else f"{self.part} {self.name}"


@dataclass(frozen=True, slots=True)
class ComparedObject:
    """One object before and after the change.

    Attributes:
        identity: Which object.
        status: What happened to it.
        base: What it occupied; None when it was not there.
        head: What it occupies; None when it is gone.
        base_amounts: The same added up.
        head_amounts: The same added up.
        differences: The facts that changed, part by part; all of them for an object that is new or gone.
        doubts: What is uncertain about it on either side, one sentence each.
    """

    identity: ObjectIdentity
    status: Status
    base: Footprint | None
    head: Footprint | None
    base_amounts: Amounts
    head_amounts: Amounts
    differences: tuple[Difference, ...]
    doubts: tuple[str, ...]

    @property
    def is_money_known(self) -> bool:
        """Whether the change of money is known: all that differs is known, bounded and has a price."""
        if self.status == "unchanged":
            return self.base_amounts.per_hour is not None
        return _is_money_known(self.base_amounts, self.head_amounts)


@dataclass(frozen=True, slots=True)
class PayerChange:
    """What the change does to one owner and cost centre; "" where the label is not written."""

    owner: str
    cost_center: str
    base: Amounts
    head: Amounts

    @property
    def is_money_known(self) -> bool:
        """Whether the change of money is known: all that differs is known, bounded and has a price."""
        return _is_money_known(self.base, self.head)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A change and what it does.

    Attributes:
        objects: Every object that occupies something on either side, by status and then by identity.
        base: What all of them occupied.
        head: What all of them occupy.
        payers: The same by owner and cost centre, of those whose amounts change.
        tariff: The prices; None where there are none.
        left_out: What is in neither side's amounts though it may occupy something, one sentence each.
    """

    objects: tuple[ComparedObject, ...]
    base: Amounts
    head: Amounts
    payers: tuple[PayerChange, ...]
    tariff: Tariff | None
    left_out: tuple[str, ...] = ()

    @property
    def is_money_known(self) -> bool:
        """Whether the change of money is known, in every object that changes, and none is left out."""
        return self.tariff is not None and not self.left_out and all(each.is_money_known for each in self.objects)

    def count(self, status: Status) -> int:
        """Return the number of objects of a status."""
        return sum(1 for each in self.objects if each.status == status)


def compare(
    base: Sequence[Footprint],
    head: Sequence[Footprint],
    tariff: Tariff | None = None,
    left_out: tuple[str, ...] = (),
) -> Comparison:
    """Return what changes between two surveys.

    Args:
        base: What is occupied before the change.
        head: What is occupied after it.
        tariff: The prices; None leaves money out.
        left_out: What is in neither survey though it may occupy something, one sentence each.
    """
    before = {footprint.identity: footprint for footprint in base}
    after = {footprint.identity: footprint for footprint in head}
    objects = [
        _compared(identity, before.get(identity), after.get(identity), tariff) for identity in {**before, **after}
    ]
    return Comparison(
        objects=tuple(sorted(objects, key=lambda each: (STATUSES.index(each.status), each.identity))),
        base=amounts_of(base, tariff),
        head=amounts_of(head, tariff),
        payers=tuple(_payers(before, after, tariff)),
        tariff=tariff,
        left_out=left_out,
    )


def _is_money_known(base: Amounts, head: Amounts) -> bool:
    if base.per_hour is None or head.per_hour is None or base.unpriced != head.unpriced:
        return False
    is_bounded = change_between(base.per_hour, head.per_hour).most is not None
    return is_bounded and base.is_complete and head.is_complete


def _compared(
    identity: ObjectIdentity, base: Footprint | None, head: Footprint | None, tariff: Tariff | None
) -> ComparedObject:
    status: Status = "changed"
    if base is None:
        status = "added"
    elif head is None:
        status = "removed"
    elif base == head:
        status = "unchanged"
    sides = [each for each in (head, base) if each is not None]
    doubts = dict.fromkeys(doubt for side in sides for part in side.parts for doubt in part.doubts)
    return ComparedObject(
        identity=identity,
        status=status,
        base=base,
        head=head,
        base_amounts=amounts_of([] if base is None else [base], tariff),
        head_amounts=amounts_of([] if head is None else [head], tariff),
        differences=tuple(_differences(base, head)),
        doubts=tuple(doubts),
    )


def _payers(
    before: Mapping[ObjectIdentity, Footprint], after: Mapping[ObjectIdentity, Footprint], tariff: Tariff | None
) -> Iterator[PayerChange]:
    names = sorted({(each.owner, each.cost_center) for each in (*before.values(), *after.values())})
    for owner, cost_center in names:
        own = [
            [each for each in side.values() if (each.owner, each.cost_center) == (owner, cost_center)]
            for side in (before, after)
        ]
        amounts = [amounts_of(each, tariff) for each in own]
        if amounts[0] != amounts[1]:
            yield PayerChange(owner, cost_center, *amounts)


def _differences(base: Footprint | None, head: Footprint | None) -> Iterator[Difference]:
    if base is not None and head is not None:
        labels = (("owner", base.owner, head.owner), ("cost centre", base.cost_center, head.cost_center))
        yield from (Difference("", name, was or None, now or None) for name, was, now in labels if was != now)
    was_parts = _by_part(base)
    now_parts = _by_part(head)
    told: set[tuple[str, str | None, str | None]] = set()
    for part in dict.fromkeys((*now_parts, *was_parts)):
        was_facts = _facts(was_parts.get(part))
        now_facts = _facts(now_parts.get(part))
        for name in dict.fromkeys((*now_facts, *was_facts)):
            was, now = was_facts.get(name), now_facts.get(name)
            # The workers of one engine share what it is told with the part that leads them.
            is_told = part.endswith("worker") and (name, was, now) in told
            if was != now and not (is_told and name not in _PER_POD):
                told.add((name, was, now))
                yield Difference(part, name, was, now)


def _by_part(footprint: Footprint | None) -> Mapping[str, PartFootprint]:
    """Return the parts of a footprint by name; a name that comes again is numbered."""
    parts: dict[str, PartFootprint] = {}
    for part in () if footprint is None else footprint.parts:
        name, number = part.part, 1
        while name in parts:
            number += 1
            name = f"{part.part} {number}"
        parts[name] = part
    return parts


def _facts(part: PartFootprint | None) -> Mapping[str, str | None]:
    if part is None:
        return {}
    facts: dict[str, str | None] = {}
    if part.serving is not None:
        facts.update(described_facts(part.serving))
    for use in part.accelerators:
        count = "an unknown number" if use.count is None else shown_number(use.count)
        facts["accelerators per pod"] = _joined(facts.get("accelerators per pod"), f"{count} x {use.name}")
    facts["pods"] = _shown_pods(part.pods)
    facts["CPU per pod"] = shown_number(part.processor_cores)
    facts["memory per pod"] = shown_bytes(part.memory_bytes)
    if part.disk_bytes:
        facts["disk" if part.part == "claim" else "disk per pod"] = shown_bytes(part.disk_bytes)
    if part.part == "claim":
        facts = {name: value for name, value in facts.items() if name == "disk"}
    return facts


def _joined(one: str | None, other: str) -> str:
    return other if one is None else f"{one}, {other}"


def _shown_pods(pods: Span) -> str:
    return shown_span(pods, shown_number)
