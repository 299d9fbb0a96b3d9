"""Which model classes a version of vLLM implements."""

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from packaging.version import Version

from neuroscale.engines.vllm_architectures import implemented_class


def _document(name: str) -> Any:
    return json.loads((files("neuroscale.engines") / "data" / name).read_text(encoding="utf-8"))


def test_the_data_file_keeps_to_its_schema() -> None:
    validator = Draft202012Validator(_document("vllm_architectures.schema.json"))
    assert [error.message for error in validator.iter_errors(_document("vllm_architectures.json"))] == []


@pytest.mark.parametrize(
    ("name", "version", "absent"),
    [
        ("Gemma4ForConditionalGeneration", "0.18.1", True),
        ("Gemma4ForConditionalGeneration", "0.19.0", False),
        ("ArcticForCausalLM", "0.28.0", False),
        ("ArcticForCausalLM", "0.29.0", True),
        ("KimiK25ForConditionalGeneration", "0.15.0", False),
    ],
)
def test_absence_follows_the_registries(name: str, version: str, absent: bool) -> None:
    known = implemented_class(name)
    assert known is not None
    assert known.is_absent(Version(version)) is absent


def test_a_class_that_every_version_has_is_not_listed() -> None:
    assert implemented_class("LlamaForCausalLM") is None


def test_a_class_whose_base_of_another_task_is_served_counts_as_there() -> None:
    # Qwen3_5ForCausalLM itself came later; the name is resolved to the class for conditional generation before.
    known = implemented_class("Qwen3_5ForCausalLM")
    assert known is not None
    assert not known.is_absent(Version("0.19.0"))
