"""Containers as people write them, and the settings of the engine they start."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from neuroscale.engines.recognition import read_engine_settings

_CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "fixtures" / "command_lines.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", _CASES, ids=[case["name"] for case in _CASES])
def test_the_settings_of_a_container(case: dict[str, Any]) -> None:
    settings = read_engine_settings(
        case.get("image"), case.get("command", []), case.get("args", []), case.get("env", {})
    )
    expected = dict(case["settings"])
    if expected.pop("engine", "vllm") == "none":
        assert settings is None
        return
    assert settings is not None
    version = expected.pop("version", "unjudged")
    if version != "unjudged":
        assert (None if settings.version is None else str(settings.version)) == version
    read = {name: getattr(settings, name) for name in expected}
    lists = {name: list(value) for name, value in read.items() if isinstance(value, tuple)}
    assert {**read, **lists} == expected
    assert [problem.kind for problem in settings.problems] == case.get("problems", [])


def test_a_position_names_the_container_field_and_the_index() -> None:
    settings = read_engine_settings(
        None, ["vllm", "serve", "M"], ["--port", "8000", "-tp=2", "--enable-expert-parallel=true"], {}
    )
    assert settings is not None
    tensor_parallel = settings.positions["--tensor-parallel-size"]
    assert (tensor_parallel.container_field, tensor_parallel.index) == ("args", 2)
    [problem] = settings.problems
    assert (problem.position.container_field, problem.position.index) == ("args", 3)
    assert problem.written == "--enable-expert-parallel=true"


def test_an_option_out_of_the_environment_is_placed_there() -> None:
    settings = read_engine_settings(
        None, ["sh", "-c"], ["vllm serve M $MORE"], {"HOME": "/root", "MORE": "--tensor-parallel-size 2"}
    )
    assert settings is not None
    position = settings.positions["--tensor-parallel-size"]
    assert (position.container_field, position.index) == ("env", 1)


def test_the_environment_is_kept() -> None:
    environment = {"VLLM_ALLOW_LONG_MAX_MODEL_LEN": "1"}
    settings = read_engine_settings("vllm/vllm-openai:v0.33.0", [], ["M"], environment)
    assert settings is not None
    assert settings.environment == environment


def test_huggingfaceserver_lists_what_it_silently_drops() -> None:
    settings = read_engine_settings(
        "kserve/huggingfaceserver:v0.20.0-gpu", [], ["--model_id=M", "--tensor-paralel-size=3"], {}
    )
    assert settings is not None
    assert settings.problems == ()
    assert [dropped.written for dropped in settings.ignored] == ["--tensor-paralel-size=3"]


def test_a_number_too_large_for_the_engine_is_refused() -> None:
    settings = read_engine_settings("vllm/vllm-openai:v0.33.0", [], ["M", "--max-model-len", "9" * 400 + "k"], {})
    assert settings is not None
    assert [problem.kind for problem in settings.problems] == ["invalid-value"]
