"""What TensorRT-LLM and Text Generation Inference demand of parallel sizes, by version, from a data file each."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, TypedDict, cast

from packaging.version import Version

from neuroscale.engines.version_facts import FactRecord, VersionFact, read_facts

ParallelEngine = Literal["tensorrt-llm", "text-generation-inference"]
ParallelFactName = Literal[
    "expert-sizes-checked", "prefill-tokens-compared", "token-limits-have-defaults", "exl2-needs-one-shard"
]

_FILES: Mapping[ParallelEngine, str] = {
    "tensorrt-llm": "tensorrt_llm_facts.json",
    "text-generation-inference": "text_generation_inference_facts.json",
}
_EVERY_CLASS = "*"


class _ClassRecord(TypedDict):
    source: str
    ranges: dict[str, tuple[str, str]]


class _Document(TypedDict):
    facts: list[FactRecord]
    architectures_with_whole_heads: _ClassRecord
    architectures_with_whole_kv_heads: _ClassRecord


def parallel_fact_holds(engine: ParallelEngine, name: ParallelFactName, version: Version | None) -> bool | None:
    """Return whether a fact holds for a version of an engine; None when that is not known."""
    value = _facts(engine)[name].value(version)
    return None if value is None else bool(value)


def insists_on_whole_heads(engine: ParallelEngine, class_names: Iterable[str], version: Version | None) -> bool:
    """Whether a model's class is known to refuse attention heads that the ranks cannot share evenly."""
    return _holds(_document(engine)["architectures_with_whole_heads"], class_names, version)


def insists_on_whole_kv_heads(engine: ParallelEngine, class_names: Iterable[str], version: Version | None) -> bool:
    """Whether a model's class is known to refuse KV heads that the ranks cannot share evenly."""
    return _holds(_document(engine)["architectures_with_whole_kv_heads"], class_names, version)


def _holds(record: _ClassRecord, class_names: Iterable[str], version: Version | None) -> bool:
    if version is None:
        return False
    ranges = (record["ranges"].get(name) for name in (*class_names, _EVERY_CLASS))
    return any(Version(known[0]) <= version <= Version(known[1]) for known in ranges if known is not None)


@cache
def _facts(engine: ParallelEngine) -> Mapping[str, VersionFact]:
    return read_facts(_document(engine)["facts"])


@cache
def _document(engine: ParallelEngine) -> _Document:
    text = (files("neuroscale.engines") / "data" / _FILES[engine]).read_text(encoding="utf-8")
    return cast("_Document", json.loads(text))
