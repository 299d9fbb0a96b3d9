"""How the memory that vLLM takes depends on its version, from a data file in which every fact has its source."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from packaging.version import Version

from neuroscale.engines.version_facts import VersionFact, read_facts

MemoryFactName = Literal[
    "layers-of-different-kinds-in-groups",
    "largest-group-ratio",
    "chunked-layers-keep-their-chunk",
    "batches-in-flight-keep-their-blocks",
    "sampler-bytes-per-logit",
    "tokens-per-expert-chunk",
]


def memory_fact(name: MemoryFactName, version: Version | None) -> float:
    """Return the value of a fact for a version; for an unknown one that of the newest version that was read.

    A version between two releases that were read has the value of the older one. Truth values are 0 and 1.
    """
    value = _value(name, version)
    return float(value)


# A planner asks for every candidate, of one version.
@cache
def _value(name: MemoryFactName, version: Version | None) -> bool | float:
    ranges = _facts()[name].ranges
    if version is None:
        return ranges[-1].value
    return next(known.value for known in reversed(ranges) if known.since is None or version >= known.since)


@cache
def _facts() -> Mapping[str, VersionFact]:
    text = (files("neuroscale.sizing") / "data" / "vllm_memory.json").read_text(encoding="utf-8")
    return read_facts(json.loads(text)["facts"])
