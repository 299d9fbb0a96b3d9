"""What vLLM's quantisation methods ask of an accelerator."""

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from packaging.version import Version

from neuroscale.engines.vllm_quantization import kv_cache_types, minimum_compute_capability


def _document(name: str) -> Any:
    return json.loads((files("neuroscale.engines") / "data" / name).read_text(encoding="utf-8"))


def test_the_data_file_keeps_to_its_schema() -> None:
    validator = Draft202012Validator(_document("vllm_quantization.schema.json"))
    assert [error.message for error in validator.iter_errors(_document("vllm_quantization.json"))] == []


@pytest.mark.parametrize(
    ("method", "version", "least"),
    [
        ("fp8", "0.13.0", (8, 0)),
        ("fp8", "0.14.1", (7, 5)),
        ("modelopt", "0.26.0", (8, 9)),
        ("modelopt", "0.27.1", (8, 0)),
        ("awq", "0.33.0", (7, 5)),
    ],
)
def test_the_least_capability_follows_the_version(method: str, version: str, least: tuple[int, int]) -> None:
    assert minimum_compute_capability(method, Version(version)) == least


def test_a_version_between_two_that_were_read_is_not_known() -> None:
    assert minimum_compute_capability("fp8", Version("0.14.0")) is None


def test_an_unknown_version_takes_the_lowest_of_all() -> None:
    assert minimum_compute_capability("fp8", None) == (7, 5)


def test_a_method_that_was_not_read_has_no_figure() -> None:
    assert minimum_compute_capability("brand_new", None) is None


def test_the_names_of_cache_types_are_known_where_the_parser_takes_any_text() -> None:
    names = kv_cache_types(Version("0.33.0"))
    assert names is not None
    assert {"auto", "fp8", "bfloat16", "nvfp4_ds_mla"} < set(names)


@pytest.mark.parametrize("version", [Version("0.32.0"), None])
def test_where_the_parser_knows_the_names_the_table_says_nothing(version: Version | None) -> None:
    assert kv_cache_types(version) is None
