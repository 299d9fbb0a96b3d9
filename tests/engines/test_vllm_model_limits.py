"""Which models a version of vLLM cannot cut into stages or over few experts, or compute in float16."""

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from packaging.version import Version

from neuroscale.engines.vllm_model_limits import (
    divides_vision_tower,
    lacks_pipeline_parallelism,
    may_keep_vision_tower_whole,
    needs_an_expert_per_rank,
    refuses_float16,
)


def _document(name: str) -> Any:
    return json.loads((files("neuroscale.engines") / "data" / name).read_text(encoding="utf-8"))


def test_the_data_file_keeps_to_its_schema() -> None:
    validator = Draft202012Validator(_document("vllm_model_limits.schema.json"))
    assert [error.message for error in validator.iter_errors(_document("vllm_model_limits.json"))] == []


@pytest.mark.parametrize(
    ("name", "version", "lacks"),
    [
        ("DeepseekV4ForCausalLM", "0.20.2", True),
        ("DeepseekV4ForCausalLM", "0.22.1", False),
        ("OuroForCausalLM", "0.26.0", True),
        ("OuroForCausalLM", "0.27.1", False),
        ("AriaForConditionalGeneration", "0.8.5", True),
        ("AriaForConditionalGeneration", "0.33.0", True),
        ("LlamaForCausalLM", "0.33.0", False),
    ],
)
def test_pipelines_follow_the_classes(name: str, version: str, lacks: bool) -> None:
    assert lacks_pipeline_parallelism(name, Version(version)) is lacks


def test_an_unknown_version_is_taken_for_the_newest() -> None:
    assert lacks_pipeline_parallelism("AriaForConditionalGeneration", None)
    assert not lacks_pipeline_parallelism("DeepseekV4ForCausalLM", None)


@pytest.mark.parametrize(
    ("name", "version", "needs"),
    [
        ("Qwen3MoeForCausalLM", "0.8.5", True),
        ("Qwen3MoeForCausalLM", "0.33.0", True),
        ("HunYuanMoEV1ForCausalLM", "0.28.0", True),
        ("HunYuanMoEV1ForCausalLM", "0.29.0", False),
        ("MixtralForCausalLM", "0.33.0", False),
    ],
)
def test_an_expert_for_each_rank_is_asked_for_by_class(name: str, version: str, needs: bool) -> None:
    assert needs_an_expert_per_rank(name, Version(version)) is needs


@pytest.mark.parametrize(
    ("model_type", "version", "refused"),
    [
        ("gemma2", "0.8.5", False),
        ("gemma2", "0.9.2", True),
        ("gemma3_text", "0.10.0", False),
        ("gemma3_text", "0.10.2", True),
        ("plamo2", "0.26.0", True),
        ("plamo2", "0.27.1", False),
        ("llama", "0.33.0", False),
    ],
)
def test_float16_follows_the_list_of_the_release(model_type: str, version: str, refused: bool) -> None:
    assert refuses_float16(model_type, Version(version)) is refused


@pytest.mark.parametrize(
    ("name", "version", "divides", "may_be_whole"),
    [
        ("Glm4vMoeForConditionalGeneration", "0.10.0", False, False),
        ("Glm4vMoeForConditionalGeneration", "0.10.2", True, True),
        ("Qwen2_5_VLForConditionalGeneration", "0.10.0", True, False),
        ("Qwen2_5_VLForConditionalGeneration", "0.33.0", True, True),
        ("Gemma3ForConditionalGeneration", "0.33.0", True, False),
        ("KimiK25ForConditionalGeneration", "0.33.0", False, False),
    ],
)
def test_vision_towers_are_cut_by_class(name: str, version: str, divides: bool, may_be_whole: bool) -> None:
    assert divides_vision_tower(name, Version(version)) is divides
    assert may_keep_vision_tower_whole(name, Version(version)) is may_be_whole
