"""Facts about the memory of vLLM releases."""

import json
from importlib.resources import files
from typing import get_args

import jsonschema
import pytest
from packaging.version import Version

from neuroscale.sizing.memory_facts import MemoryFactName, memory_fact

DATA = files("neuroscale.sizing") / "data"


def test_the_data_follow_their_schema_and_name_every_fact() -> None:
    document = json.loads((DATA / "vllm_memory.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, json.loads((DATA / "vllm_memory.schema.json").read_text(encoding="utf-8")))
    assert [fact["name"] for fact in document["facts"]] == list(get_args(MemoryFactName))


@pytest.mark.parametrize(
    ("version", "bytes_per_logit"),
    [("0.8.5", 40), ("0.16.0", 40), ("0.17.0", 15.5), ("0.40.0", 15.5), (None, 15.5)],
)
def test_a_fact_has_a_value_for_every_version(version: str | None, bytes_per_logit: float) -> None:
    assert memory_fact("sampler-bytes-per-logit", None if version is None else Version(version)) == bytes_per_logit


def test_a_version_between_two_that_were_read_has_the_value_of_the_older() -> None:
    assert memory_fact("largest-group-ratio", Version("0.18.0")) == 1.25
