"""What the argument parsers of six vLLM releases did with each command line, and what we say about it.

The fixture was recorded by running the parsers of the published wheels; nothing in it is our opinion.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from neuroscale.engines.recognition import read_engine_settings
from neuroscale.engines.settings import EngineSettings

_FACTS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "fixtures" / "vllm_parser_facts.json").read_text(encoding="utf-8")
)
_COMMANDS = {True: ["vllm"], False: ["python3", "-m", "vllm.entrypoints.openai.api_server"]}


def _name(fact: dict[str, Any]) -> str:
    return f"{fact['version']} {' '.join(fact['argv'])}"


def _settings(fact: dict[str, Any], version: str | None = None) -> EngineSettings:
    settings = read_engine_settings(
        f"vllm/vllm-openai:v{version or fact['version']}" if version != "" else "vllm/vllm-openai:latest",
        _COMMANDS[fact["argv"][0] == "serve"],
        fact["argv"],
        {},
    )
    assert settings is not None
    return settings


@pytest.mark.parametrize("fact", _FACTS, ids=_name)
def test_a_command_line_is_refused_exactly_when_the_release_refuses_it(fact: dict[str, Any]) -> None:
    problems = [problem.message for problem in _settings(fact).problems]
    assert (problems == []) is fact["accepted"], problems


@pytest.mark.parametrize("fact", [fact for fact in _FACTS if fact["accepted"]], ids=_name)
def test_an_accepted_command_line_is_read_as_the_release_reads_it(fact: dict[str, Any]) -> None:
    settings = _settings(fact)
    read: dict[str, object] = {
        "tensor_parallel_size": settings.tensor_parallel_size,
        "pipeline_parallel_size": settings.pipeline_parallel_size,
        "data_parallel_size": settings.data_parallel_size,
        "data_parallel_size_local": settings.data_parallel_size_local,
        "enable_expert_parallel": settings.enable_expert_parallel,
        "max_model_len": -1
        if settings.maximum_model_length_tokens == "auto"
        else settings.maximum_model_length_tokens,
        "max_num_seqs": settings.maximum_sequences,
        "gpu_memory_utilization": settings.gpu_memory_utilization,
        "quantization": settings.quantization,
        "kv_cache_dtype": settings.kv_cache_data_type,
        "dtype": settings.data_type,
        "served_model_name": list(settings.served_model_names),
    }
    assert {name: read[name] for name in fact["settings"]} == fact["settings"]
    assert settings.model == fact["model"]


def test_an_unknown_version_is_refused_only_what_every_recorded_release_refuses() -> None:
    outcomes: dict[str, list[bool]] = {}
    refused_by_us: dict[str, bool] = {}
    for fact in _FACTS:
        command = " ".join(fact["argv"])
        outcomes.setdefault(command, []).append(fact["accepted"])
        refused_by_us[command] = bool(_settings(fact, version="").problems)
    wrongly_refused = [
        command for command, accepted in outcomes.items() if any(accepted) and refused_by_us[command]
    ]
    assert wrongly_refused == []
