"""Whether an engine of some version shows a metric: the answer a scaling query needs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, TypedDict, cast

from packaging.version import Version

from neuroscale.engines.metrics import ExportedMetrics, exported_metrics, versions_read, versions_with_metric
from neuroscale.suggestions import closest_names

MetricStanding = Literal["exported", "hidden", "gone", "later", "never", "of another engine", "unknown"]


class _PrefixRecord(TypedDict):
    prefix: str
    engines: list[str]
    title: str


@dataclass(frozen=True, slots=True)
class MetricAnswer:
    """What is known about a name in a scaling query.

    Attributes:
        standing: "exported": the version shows it. "hidden": it is deprecated and shown on request alone. "gone"
            and "later": other versions show it. "never": it begins as the engine's metrics do, and no release read
            shows it. "of another engine": it begins as another engine's do. "unknown": anything else; a recording
            rule may have any name.
        name: The name as the engine would write it.
        is_renamed: Whether the query writes it with underscores for colons, as adapters do: no scrape shows that.
        owner: The engine that begins its names so, for people: "vLLM"; "" for an unknown name.
        last_version: The newest release read that shows it, where it is gone.
        first_version: The oldest one, where it comes later.
        alternatives: What the engine shows instead: the successor it names, or the names that look alike.
        needs_option: The option without which the metric stays at 0.
    """

    standing: MetricStanding
    name: str
    is_renamed: bool = False
    owner: str = ""
    last_version: Version | None = None
    first_version: Version | None = None
    alternatives: tuple[str, ...] = ()
    needs_option: str | None = None


@lru_cache(maxsize=512)
def answer_metric(name: str, engine: str, version: Version | None) -> MetricAnswer:
    """Return how a metric stands with an engine; with no version, only what holds in every release read.

    Args:
        name: As a query writes it, e.g. "vllm:num_requests_waiting".
        engine: As `EngineSettings.engine` names it.
        version: None when it is not known.
    """
    record = _owner(name)
    if record is None:
        return MetricAnswer("unknown", name)
    written, is_renamed = _canonical(name, record["prefix"])
    if engine not in record["engines"]:
        return MetricAnswer("of another engine", written, is_renamed, record["title"])
    exported = exported_metrics(engine, version)
    if exported is None:
        return MetricAnswer("unknown", written, is_renamed, record["title"])
    return _answer(written, is_renamed, record["title"], exported, version)


def _answer(
    name: str, is_renamed: bool, owner: str, exported: ExportedMetrics, version: Version | None
) -> MetricAnswer:
    metric = exported.find(_unrenamed(name, exported) if is_renamed else name)
    if metric is not None:
        standing: MetricStanding = "hidden" if metric.is_hidden else "exported"
        return MetricAnswer(
            standing,
            _unrenamed(name, exported) if is_renamed else name,
            is_renamed,
            owner,
            alternatives=_successors(metric.name, name, exported),
            needs_option=metric.needs_option,
        )
    having = versions_with_metric(exported.engine, name)
    if having and version is not None:
        if version > having[-1]:
            alternatives = _successors(_defined(name, exported), name, exported) or _alike(name, exported)
            return MetricAnswer("gone", name, is_renamed, owner, having[-1], None, alternatives)
        if version < having[0] and exported.is_complete:
            return MetricAnswer("later", name, is_renamed, owner, None, having[0], _alike(name, exported))
        return MetricAnswer("unknown", name, is_renamed, owner)
    newest = versions_read(exported.engine)[-1]
    # A version newer than what was read may show any name; one with further colons is named as recording rules are.
    if (version is not None and version > newest) or name.count(":") > exported.prefix.count(":"):
        return MetricAnswer("unknown", name, is_renamed, owner)
    return MetricAnswer("never", name, is_renamed, owner, alternatives=_alike(name, exported))


def _canonical(name: str, prefix: str) -> tuple[str, bool]:
    if name.startswith(prefix):
        return name, False
    return prefix + name[len(prefix) :], True


def _unrenamed(name: str, exported: ExportedMetrics) -> str:
    """Return the series that a name without suffix may stand for: adapters drop `_total`."""
    if exported.find(name) is None and exported.find(f"{name}_total") is not None:
        return f"{name}_total"
    return name


def _successors(defined: str, name: str, exported: ExportedMetrics) -> tuple[str, ...]:
    successor = exported.successors.get(defined)
    if successor is None:
        return ()
    suffix = name.removeprefix(defined)
    for candidate in (successor + suffix, f"{successor}_total"):
        if exported.find(candidate) is not None:
            return (candidate,)
    return ()


def _defined(name: str, exported: ExportedMetrics) -> str:
    """Return the deprecated metric that a series belongs to, the series itself when none is known."""
    return next((old for old in exported.successors if name.startswith(old)), name)


def _alike(name: str, exported: ExportedMetrics) -> tuple[str, ...]:
    shown = [metric for metric in exported.metrics.values() if not metric.is_hidden]
    # Of a histogram the buckets: what quantiles are made of.
    series = [metric.series[0] for metric in shown]
    return tuple(closest_names(name, series))


def _owner(name: str) -> _PrefixRecord | None:
    for record in _prefixes():
        if name.startswith((record["prefix"], record["prefix"].replace(":", "_"))):
            return record
    return None


@cache
def _prefixes() -> tuple[_PrefixRecord, ...]:
    text = (files("neuroscale.engines") / "data" / "metric_prefixes.json").read_text(encoding="utf-8")
    document = cast("Mapping[str, list[_PrefixRecord]]", json.loads(text))
    return tuple(document["prefixes"])
