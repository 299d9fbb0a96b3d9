"""The data files of the engines keep to their schemas, and say nothing twice."""

import json
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from packaging.version import Version

_DATA = files("neuroscale.engines") / "data"


def _document(name: str) -> Any:
    return json.loads((_DATA / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("data", "schema"),
    [
        ("vllm_options.json", "vllm_options.schema.json"),
        ("huggingfaceserver_options.json", "vllm_options.schema.json"),
        ("sglang_options.json", "vllm_options.schema.json"),
        ("tensorrt_llm_options.json", "vllm_options.schema.json"),
        ("text_generation_inference_options.json", "vllm_options.schema.json"),
        ("vllm_facts.json", "vllm_facts.schema.json"),
        ("sglang_facts.json", "sglang_facts.schema.json"),
        ("tensorrt_llm_facts.json", "parallel_facts.schema.json"),
        ("text_generation_inference_facts.json", "parallel_facts.schema.json"),
        ("images.json", "images.schema.json"),
        ("vllm_variables.json", "environment_variables.schema.json"),
        ("sglang_variables.json", "environment_variables.schema.json"),
        ("http_servers.json", "http_servers.schema.json"),
        ("vllm_metrics.json", "metrics.schema.json"),
        ("sglang_metrics.json", "metrics.schema.json"),
        ("text_generation_inference_metrics.json", "metrics.schema.json"),
        ("metric_prefixes.json", "metric_prefixes.schema.json"),
    ],
)
def test_a_data_file_keeps_to_its_schema(data: str, schema: str) -> None:
    errors = [error.message for error in Draft202012Validator(_document(schema)).iter_errors(_document(data))]
    assert errors == []


@pytest.mark.parametrize("engine", ["vllm", "sglang", "tensorrt_llm", "text_generation_inference"])
def test_no_spelling_stands_for_two_options_in_one_release(engine: str) -> None:
    document = _document(f"{engine}_options.json")
    for text in document["versions"]:
        version = Version(text)
        spellings = [
            spelling
            for option in document["options"]
            if Version(option.get("since", "0")) <= version <= Version(option.get("until", "999"))
            for spelling in (*option["spellings"], *option.get("negative_spellings", ()))
        ]
        assert len(spellings) == len(set(spellings)), text


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_the_releases_are_in_order_and_hold_the_newest(engine: str) -> None:
    versions = [Version(text) for text in _document(f"{engine}_options.json")["versions"]]
    assert versions == sorted(versions)
    assert str(versions[-1]) == _document(f"{engine}_facts.json")["newest_read"]
    assert _document(f"{engine}_metrics.json")["versions"] == _document(f"{engine}_options.json")["versions"]


@pytest.mark.parametrize("engine", ["vllm", "sglang", "tensorrt_llm", "text_generation_inference"])
def test_the_ranges_of_a_fact_follow_each_other(engine: str) -> None:
    for fact in _document(f"{engine}_facts.json")["facts"]:
        for earlier, later in pairwise(fact["ranges"]):
            assert Version(earlier["until"]) < Version(later["since"]), fact["name"]
