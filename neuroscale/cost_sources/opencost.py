"""OpenCost's allocation API, and answers of it that were saved.

Source: opencost.io, API (allocation), and opencost/opencost, `core/pkg/opencost/allocation_json.go`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import aiohttp

from neuroscale.cost.pods import ContainerUsage, label_key
from neuroscale.cost_sources.client import CostSource, read_json
from neuroscale.errors import InvalidInputError, UnreadableInputError

# What is of no pod: idle nodes, volumes that nothing mounts, what could not be allocated.
_OF_NO_POD = re.compile(r"__(?:idle|unmounted|unallocated|external|shared|filtered)__")
_WINDOW = re.compile(
    r"(?:[0-9]{1,4}[mhdw]|today|yesterday|week|lastweek|month|lastmonth"
    r"|[0-9]{9,11},[0-9]{9,11}|[0-9TZ:-]{20},[0-9TZ:-]{20})"
)
_WINDOW_FIX = "write 24h, 7d, lastweek, lastmonth or two times such as 2026-11-01T00:00:00Z,2026-11-08T00:00:00Z"
# Longer than a year's bill, and short enough for a store of metrics to answer.
LONGEST_WINDOW = timedelta(days=400)
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_GIBIBYTE = Decimal(1 << 30)
_LARGEST_NUMBER = 10**18
_COSTS = (
    "cpuCost", "cpuCostAdjustment", "gpuCost", "gpuCostAdjustment", "ramCost", "ramCostAdjustment",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Period:
    """A window of time.

    Attributes:
        start: Its begin.
        end: Its end, after the begin.
    """

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Allocations:
    """What OpenCost allocates over a window.

    Attributes:
        containers: What every container held, once for each step of the window.
        period: The window; None where it is not stated.
    """

    containers: tuple[ContainerUsage, ...]
    period: Period | None


def check_window(window: str) -> str:
    """Return a window as OpenCost takes it.

    Raises:
        InvalidInputError: It is none, or longer than LONGEST_WINDOW.
    """
    if not _WINDOW.fullmatch(window):
        raise InvalidInputError(f"{window[:60]!r} is not a window", field="window", fix=_WINDOW_FIX)
    check_length(_length(window), "window")
    return window


def check_length(length: timedelta, field: str) -> None:
    """Refuse a length of time that no source is asked for.

    Raises:
        InvalidInputError: It is longer than LONGEST_WINDOW.
    """
    if length > LONGEST_WINDOW:
        raise InvalidInputError(
            f"is longer than {LONGEST_WINDOW.days} days", field=field, fix="ask for a shorter window"
        )


def _length(window: str) -> timedelta:
    """Return how long a window is; those that have a name are no longer than a month."""
    start, _, end = window.partition(",")
    if end:
        return _instant(end) - _instant(start)
    unit = _UNITS.get(window[-1])
    return timedelta() if unit is None or not window[:-1].isdigit() else int(window[:-1]) * unit


def _instant(text: str) -> datetime:
    return datetime.fromtimestamp(int(text), UTC) if text.isdigit() else _time(text, "window")


async def read_allocations(session: aiohttp.ClientSession, source: CostSource, window: str) -> Allocations:
    """Return the allocations of every container in a window.

    They are asked for without aggregation, since an aggregate keeps no labels of its pods.

    Raises:
        CostSourceUnavailableError: OpenCost does not answer, or with an error.
        CostSourceAccessError: It asks for a token, or refuses the one it was given.
        InvalidInputError: The window is none, or the answer is no allocations.
    """
    parameters = {"window": check_window(window), "accumulate": "true", "includeIdle": "false"}
    answer = await read_json(session, source, "/allocation", parameters)
    return allocations_of(answer, f"{source.title} at {source.address}")


def is_answer(document: Mapping[str, Any]) -> bool:
    """Return whether a document is an answer of OpenCost rather than usage that a person wrote."""
    return "data" in document and "endpoints" not in document


def allocations_of(answer: Mapping[str, Any], place: str) -> Allocations:
    """Return the allocations of an answer of OpenCost.

    Args:
        answer: The JSON object: code, and data, a list of sets of allocations by name.
        place: Where it was read, for messages.

    Raises:
        UnreadableInputError: It is an error of OpenCost.
        InvalidInputError: It is no answer of the allocation API, or an aggregated one.
    """
    code = answer.get("code", 200)
    if code != 200:
        raise UnreadableInputError(
            f"is an error of OpenCost: {str(answer.get('message', code))[:200]}", field=place
        )
    data = answer.get("data")
    if not isinstance(data, list):
        raise InvalidInputError(
            "data must be a list of allocation sets", field=place, fix="save what /allocation answers, all of it"
        )
    containers: list[ContainerUsage] = []
    periods: list[Period] = []
    for index, allocation_set in enumerate(data):
        if allocation_set is None:
            continue
        if not isinstance(allocation_set, dict):
            raise InvalidInputError("must be a set of allocations by name", field=f"{place}: data[{index}]")
        for name, allocation in allocation_set.items():
            where = f"{place}: data[{index}][{str(name)[:120]}]"
            if not isinstance(allocation, dict):
                raise InvalidInputError("must be an allocation", field=where)
            if _OF_NO_POD.search(str(name)):
                continue
            containers.extend(_containers(allocation, where))
            periods.extend(_periods(allocation, where))
    period = Period(min(p.start for p in periods), max(p.end for p in periods)) if periods else None
    return Allocations(tuple(containers), period)


def _containers(allocation: Mapping[str, Any], place: str) -> Iterator[ContainerUsage]:
    properties = _mapping(allocation, "properties", place)
    hours = _number(allocation, "gpuHours", place)
    namespace, pod = properties.get("namespace"), properties.get("pod")
    if not isinstance(namespace, str) or not isinstance(pod, str) or not pod:
        if hours:
            raise InvalidInputError(
                "names no pod: the allocations are aggregated", field=place, fix="ask for them without aggregate"
            )
        return
    controller = properties.get("controller")
    yield ContainerUsage(
        namespace=namespace,
        pod=pod,
        controller=controller if isinstance(controller, str) else None,
        labels=_labels(properties, "labels", place),
        annotations=_labels(properties, "annotations", place),
        accelerator_hours=hours,
        processor_core_hours=_number(allocation, "cpuCoreHours", place),
        memory_gibibyte_hours=_number(allocation, "ramByteHours", place) / _GIBIBYTE,
        billed=max(
            sum((_number(allocation, name, place, least=-_LARGEST_NUMBER) for name in _COSTS), Decimal(0)),
            Decimal(0),
        ),
    )


def _labels(properties: Mapping[str, Any], name: str, place: str) -> dict[str, str]:
    """Return labels under the names that Prometheus allows, in which most versions answer already."""
    labels = _mapping(properties, name, place)
    return {label_key(str(key)): value for key, value in labels.items() if isinstance(value, str)}


def _mapping(holder: Mapping[str, Any], name: str, place: str) -> Mapping[str, Any]:
    value = holder.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInputError("must be a mapping", field=f"{place}.{name}")
    return value


def _number(allocation: Mapping[str, Any], name: str, place: str, least: int = 0) -> Decimal:
    """Return a number; 0 where it is left out, as old versions leave out what they do not know."""
    value = allocation.get(name, 0)
    if (
        isinstance(value, int | float | Decimal)
        and not isinstance(value, bool)
        and least <= value <= _LARGEST_NUMBER
    ):
        # A float is written back first, which gives the digits that were read.
        return Decimal(str(value))
    shown = "what is there" if isinstance(value, int) and not isinstance(value, bool) else str(value)[:40]
    raise InvalidInputError(f"{shown} is not an amount", field=f"{place}.{name}")


def _periods(allocation: Mapping[str, Any], place: str) -> Iterator[Period]:
    window = _mapping(allocation, "window", place)
    if not {"start", "end"} <= window.keys():
        return
    start, end = (_time(window[name], f"{place}.window.{name}") for name in ("start", "end"))
    if end <= start:
        raise InvalidInputError("ends before it begins", field=f"{place}.window")
    yield Period(start, end)


def _time(text: object, place: str) -> datetime:
    refusal = InvalidInputError(f"{str(text)[:40]!r} is not a time", field=place)
    if not isinstance(text, str):
        raise refusal
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise refusal from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
