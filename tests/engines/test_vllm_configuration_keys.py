"""Which keys the JSON options of a version of vLLM have."""

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from packaging.version import Version

from neuroscale.engines.vllm_configuration_keys import configuration_keys, refuses_unknown_keys


def _document(name: str) -> Any:
    return json.loads((files("neuroscale.engines") / "data" / name).read_text(encoding="utf-8"))


def test_the_data_file_keeps_to_its_schema() -> None:
    validator = Draft202012Validator(_document("vllm_configuration_keys.schema.json"))
    assert [error.message for error in validator.iter_errors(_document("vllm_configuration_keys.json"))] == []


@pytest.mark.parametrize(
    ("name", "version", "absent"),
    [
        ("speculative_token_tree", "0.20.2", False),
        ("speculative_token_tree", "0.21.0", True),
        ("kv_cache_dtype", "0.25.1", True),
        ("kv_cache_dtype", "0.26.0", False),
        ("model", "0.33.0", False),
    ],
)
def test_keys_follow_the_releases(name: str, version: str, absent: bool) -> None:
    key = next(key for key in configuration_keys("--speculative-config") if key.name == name)
    assert key.is_absent(Version(version)) is absent


def test_an_option_that_was_not_read_has_no_known_keys() -> None:
    assert configuration_keys("--hf-overrides") == ()


@pytest.mark.parametrize(
    ("version", "refuses"), [("0.15.1", False), ("0.16.0", True), ("0.33.0", True), ("0.34.0", None)]
)
def test_unknown_keys_are_refused_from_one_release_on(version: str, refuses: bool | None) -> None:
    assert refuses_unknown_keys(Version(version)) is refuses
