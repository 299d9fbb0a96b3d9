"""The tokens that engines counted, from Prometheus.

Source: prometheus.io, HTTP API (instant queries) and query functions (increase, sum_over_time).
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NoReturn

import aiohttp

from neuroscale.cost.pods import PodTokens
from neuroscale.cost_sources.client import CostSource, read_json
from neuroscale.cost_sources.errors import CostSourceUnavailableError
from neuroscale.cost_sources.opencost import Period
from neuroscale.errors import InvalidInputError

Quantity = Literal["prompt_tokens", "generated_tokens", "cached_prompt_tokens", "flops_per_accelerator"]
QUANTITIES: tuple[Quantity, ...] = (
    "prompt_tokens",
    "generated_tokens",
    "cached_prompt_tokens",
    "flops_per_accelerator",
)
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,99}")
_ENGINE_HOURS_STEP_SECONDS = 60
_LARGEST_COUNT = 1e30

PodKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PodLabels:
    """The labels that name the pod of a series; relabelling may give them other names.

    Attributes:
        namespace: Label of the namespace.
        pod: Label of the pod.
    """

    namespace: str = "namespace"
    pod: str = "pod"

    def __post_init__(self) -> None:
        """Refuse what is no label's name.

        Raises:
            InvalidInputError: One of them is none.
        """
        for name in (self.namespace, self.pod):
            if not _LABEL.fullmatch(name):
                raise InvalidInputError(f"{name[:60]!r} is not a label's name", field="labels of pods")


USUAL_LABELS = PodLabels()


@cache
def token_series(quantity: Quantity) -> tuple[str, ...]:
    """Return the series in which engines count a quantity, one for each engine that does."""
    text = (files("neuroscale.cost_sources") / "data" / "token_metrics.json").read_text(encoding="utf-8")
    names = (engine[quantity] for engine in json.loads(text)["engines"])
    return tuple(name for name in names if name is not None)


def increase_query(quantity: Quantity, seconds: int, labels: PodLabels) -> str:
    """Return the query for what each pod counted in the seconds before the time it is asked for.

    `increase` carries a counter over restarts of the engine, and extends it to both ends of the window, so that its
    answer is no whole number.
    """
    by = f"{labels.namespace}, {labels.pod}"
    return " or ".join(f"sum by ({by}) (increase({name}[{seconds}s]))" for name in token_series(quantity))


def engine_hours_query(seconds: int, labels: PodLabels) -> str:
    """Return the query for the hours that engines which report operations ran in each pod, minute by minute."""
    by = f"{labels.namespace}, {labels.pod}"
    counts = (f"count by ({by}) ({name})" for name in token_series("flops_per_accelerator"))
    step = _ENGINE_HOURS_STEP_SECONDS
    # One sample for each step: steps by the steps of an hour are hours.
    return f"sum_over_time(({' or '.join(counts)})[{seconds}s:{step}s]) / {3600 // step}"


async def read_tokens(
    session: aiohttp.ClientSession, source: CostSource, period: Period, labels: PodLabels = USUAL_LABELS
) -> dict[PodKey, PodTokens]:
    """Return what the engine of each pod counted in a window, by namespace and pod.

    Raises:
        CostSourceUnavailableError: Prometheus does not answer, or with an error, or with only a part of its data.
        CostSourceAccessError: It asks for a token, or refuses the one it was given.
        InvalidInputError: Its series do not name their pods.
    """
    seconds = max(1, int(period.length.total_seconds()))
    queries = [increase_query(quantity, seconds, labels) for quantity in QUANTITIES]
    queries.append(engine_hours_query(seconds, labels))
    # One after the other: each of them reads a month of samples on a server that others use too.
    answers = [await _instant(session, source, query, period.end) for query in queries]
    prompt, generated, cached, flops, hours = (_by_pod(answer, labels, source) for answer in answers)
    return {
        pod: PodTokens(
            prompt_tokens=_whole(prompt.get(pod)),
            generated_tokens=_whole(generated.get(pod)),
            cached_prompt_tokens=_whole(cached.get(pod)),
            flops_per_accelerator=_whole(flops.get(pod)),
            engine_hours=None if pod not in hours else Decimal(str(hours[pod])),
        )
        for pod in sorted(prompt.keys() | generated.keys())
    }


async def _instant(
    session: aiohttp.ClientSession, source: CostSource, query: str, moment: datetime
) -> Sequence[Any]:
    answer = await read_json(
        session, source, "/api/v1/query", {"query": query, "time": f"{moment.timestamp():.3f}"}
    )
    data = answer.get("data")
    if answer.get("status") != "success" or not isinstance(data, dict) or data.get("resultType") != "vector":
        _fail(source, "does not answer as Prometheus does", "is this the address of Prometheus?")
    # A federated server warns where some of its stores did not answer: their tokens would be missing unseen.
    if answer.get("warnings"):
        _fail(
            source, f"answers in part: {str(answer['warnings'][:1])[:200]}", "ask again when all its stores are up"
        )
    result = data.get("result")
    if not isinstance(result, list):
        _fail(source, "does not answer as Prometheus does")
    return result


def _by_pod(result: Sequence[Any], labels: PodLabels, source: CostSource) -> dict[PodKey, float]:
    found: dict[PodKey, float] = {}
    for sample in result:
        try:
            metric, number = sample["metric"], float(sample["value"][1])
            key = metric.get(labels.namespace), metric.get(labels.pod)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            _fail(source, "answers with a sample that is none")
        namespace, pod = key
        if not isinstance(namespace, str) or not isinstance(pod, str) or not namespace or not pod:
            raise InvalidInputError(
                f"its series carry no labels {labels.namespace} and {labels.pod}",
                field=f"{source.title} at {source.address}",
                fix="name the labels of the scraped pods",
            )
        if math.isfinite(number) and 0 <= number <= _LARGEST_COUNT:
            found[namespace, pod] = number
    return found


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)


def _fail(source: CostSource, message: str, fix: str | None = None) -> NoReturn:
    raise CostSourceUnavailableError(message, field=f"{source.title} at {source.address}", fix=fix)
