"""What depends on the version of SGLang, from a data file in which every fact has its source and version range."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, TypedDict, cast

from packaging.version import Version

from neuroscale.engines.version_facts import FactRecord, VersionFact, read_facts

SglangFactName = Literal[
    "expert-parallel-size-needs-switch",
    "dense-tensor-parallel-size-may-be-whole",
    "replicas-may-not-span-nodes",
    "expert-data-parallel-size-checked",
    "expert-copies-match-context-parts",
    "expert-groups-divide-ranks",
    "load-balancing-needs-expert-groups",
    "lone-dp-attention-refused",
    "longer-context-refused",
    "configuration-file-comes-first",
    "configuration-file-names-boolean-values",
    "configuration-file-takes-mappings",
]


class _HeadRecord(TypedDict):
    source: str
    architectures: list[str]


class _BackendRecord(TypedDict):
    source: str
    names: list[str]


class _CopyRecord(TypedDict):
    source: str
    since: dict[str, str | None]


class _Document(TypedDict):
    newest_read: str
    facts: list[FactRecord]
    architectures_with_whole_heads: _HeadRecord
    expert_spanning_backends: _BackendRecord
    attention_cut_by_copy: _CopyRecord


def sglang_fact_holds(name: SglangFactName, version: Version | None) -> bool | None:
    """Return whether a fact holds for a version of SGLang; None when that is not known."""
    value = _facts()[name].value(version)
    return None if value is None else bool(value)


def spans_experts(backend: str | None) -> bool:
    """Whether an all-to-all backend makes the expert parallel size the tensor parallel size."""
    return backend in _document()["expert_spanning_backends"]["names"]


def cuts_attention_by_copy(class_names: Iterable[str], version: Version | None) -> bool:
    """Whether a model's class is known to cut attention over no more ranks than one copy of it has.

    Every rank of the tensor parallel group then holds more of it where there are copies. Of an unknown version only
    what holds for every release is said.
    """
    since = _document()["attention_cut_by_copy"]["since"]
    for name in class_names:
        first = since.get(name, "")
        if first is None or (first and version is not None and version >= Version(first)):
            return True
    return False


@cache
def architectures_with_whole_heads() -> frozenset[str]:
    """Return the model classes that assert whole attention and KV heads per rank, in every release with them."""
    return frozenset(_document()["architectures_with_whole_heads"]["architectures"])


@cache
def _facts() -> Mapping[str, VersionFact]:
    return read_facts(_document()["facts"])


@cache
def _document() -> _Document:
    text = (files("neuroscale.engines") / "data" / "sglang_facts.json").read_text(encoding="utf-8")
    return cast("_Document", json.loads(text))
