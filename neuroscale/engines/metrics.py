"""The Prometheus metrics that serving engines export, by version: a data file per engine, read from its sources."""

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, TypedDict, cast

from packaging.version import Version

MetricKind = Literal["gauge", "counter", "histogram", "summary", "unknown"]

# huggingfaceserver serves the metrics of the vLLM inside; its versions are that engine's.
_DATA_FILES: Mapping[str, str] = {
    "vllm": "vllm_metrics.json",
    "huggingfaceserver": "vllm_metrics.json",
    "sglang": "sglang_metrics.json",
    "text-generation-inference": "text_generation_inference_metrics.json",
}
_HISTOGRAM = ("_bucket", "_sum", "_count", "_created")
_SUFFIXES: Mapping[MetricKind, tuple[str, ...]] = {
    "gauge": ("",),
    "counter": ("_total", "_created"),
    "histogram": _HISTOGRAM,
    "summary": ("", "_sum", "_count", "_created"),
    "unknown": ("", "_total", *_HISTOGRAM),
}


class _MetricRecord(TypedDict, total=False):
    name: str
    kind: MetricKind
    is_hidden: bool
    needs_option: str
    since: str
    until: str


class _Document(TypedDict):
    versions: list[str]
    needs_option: str | None
    prefix: str
    off_switch: str | None
    successors: dict[str, str]
    metrics: list[_MetricRecord]


@dataclass(frozen=True, slots=True)
class ExportedMetric:
    """One metric of an engine.

    Attributes:
        name: As the engine defines it, e.g. "vllm:num_requests_running".
        kind: "unknown" where the sources name it without saying.
        is_hidden: Whether it is deprecated and exported on request alone, in every version in question.
        is_everywhere: Whether every version in question has it.
        needs_option: The option without which it stays at 0; None where it needs none.
    """

    name: str
    kind: MetricKind
    is_hidden: bool = False
    is_everywhere: bool = True
    needs_option: str | None = None

    @property
    def series(self) -> tuple[str, ...]:
        """The series a scrape shows: a counter ends in `_total`, a histogram in `_bucket`, `_sum` and `_count`.

        Source: prometheus_client, `Metric` and `Counter` (the suffix is not doubled).
        """
        stem = self.name.removesuffix("_total") if self.kind == "counter" else self.name
        return tuple(stem + suffix for suffix in _SUFFIXES[self.kind])


@dataclass(frozen=True, slots=True)
class ExportedMetrics:
    """What an engine of some version exports.

    Attributes:
        engine: The engine.
        needs_option: The option without which it exports nothing; None where metrics are always on.
        off_switch: The option that turns the metrics off; None where there is none.
        prefix: How the engine begins the names, e.g. "vllm:".
        successors: What the engine names in the place of a deprecated metric.
        metrics: Every metric that a version in question has, by its defined name.
        is_complete: False for a version outside what was read: a name that is missing here proves nothing.
    """

    engine: str
    needs_option: str | None
    off_switch: str | None
    prefix: str
    successors: Mapping[str, str]
    metrics: Mapping[str, ExportedMetric]
    is_complete: bool

    def find(self, series: str) -> ExportedMetric | None:
        """Return the metric that a series of a scrape belongs to; None when no version in question has it."""
        for name in (series, *_stems(series)):
            metric = self.metrics.get(name)
            if metric is not None and series in metric.series:
                return metric
        return None


@lru_cache(maxsize=256)
def exported_metrics(engine: str, version: Version | None) -> ExportedMetrics | None:
    """Return what an engine exports; None for an engine whose metrics were not read.

    A version between two that were read stands for both, None for all that were read.
    """
    if engine not in _DATA_FILES:
        return None
    versions, is_complete = _standing_for(_versions(engine), version)
    found: dict[str, ExportedMetric] = {}
    for name, records in _by_name(engine).items():
        having = [record for each in versions for record in records if _holds(record, each)]
        if having:
            found[name] = ExportedMetric(
                name=name,
                kind=having[-1].get("kind", "unknown"),
                is_hidden=all(record.get("is_hidden") is True for record in having),
                is_everywhere=len(having) == len(versions),
                needs_option=having[-1].get("needs_option"),
            )
    document = _document(engine)
    return ExportedMetrics(
        engine=engine,
        needs_option=document["needs_option"],
        off_switch=document["off_switch"],
        prefix=document["prefix"],
        successors=MappingProxyType(document["successors"]),
        metrics=MappingProxyType(found),
        is_complete=is_complete,
    )


def versions_with_metric(engine: str, series: str) -> tuple[Version, ...]:
    """Return the releases read whose scrape may show a series, oldest first; empty when none ever did."""
    if engine not in _DATA_FILES:
        return ()
    records = [record for name in (series, *_stems(series)) for record in _by_name(engine).get(name, ())]
    return tuple(
        version
        for version in _versions(engine)
        if any(
            _holds(record, version) and series in ExportedMetric(record["name"], record["kind"]).series
            for record in records
        )
    )


def versions_read(engine: str) -> tuple[Version, ...]:
    """Return the releases whose metrics were read, oldest first; empty for an engine that was not."""
    return _versions(engine) if engine in _DATA_FILES else ()


def _standing_for(known: tuple[Version, ...], version: Version | None) -> tuple[tuple[Version, ...], bool]:
    if version is None:
        return known, True
    position = bisect_right(known, version)
    if position == 0:
        return known[:1], False
    if known[position - 1] == version:
        return known[position - 1 : position], True
    if position == len(known):
        return known[-1:], False
    return known[position - 1 : position + 1], True


def _stems(series: str) -> tuple[str, ...]:
    """Return the defined names that a series with a suffix may come from."""
    suffixes = ("_total", *_HISTOGRAM)
    stems = [series.removesuffix(suffix) for suffix in suffixes if series.endswith(suffix)]
    return tuple(name for stem in stems for name in (stem, f"{stem}_total"))


def _holds(record: _MetricRecord, version: Version) -> bool:
    since, until = record.get("since"), record.get("until")
    return (since is None or version >= Version(since)) and (until is None or version <= Version(until))


@cache
def _versions(engine: str) -> tuple[Version, ...]:
    return tuple(Version(text) for text in _document(engine)["versions"])


@cache
def _by_name(engine: str) -> Mapping[str, tuple[_MetricRecord, ...]]:
    found: dict[str, tuple[_MetricRecord, ...]] = {}
    for record in _document(engine)["metrics"]:
        found[record["name"]] = (*found.get(record["name"], ()), record)
    return found


@cache
def _document(engine: str) -> _Document:
    text = (files("neuroscale.engines") / "data" / _DATA_FILES[engine]).read_text(encoding="utf-8")
    return cast("_Document", json.loads(text))
