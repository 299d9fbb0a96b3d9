"""What the argument parsers of eighteen SGLang releases did with each command line, and what we say about it.

The fixture was recorded by running the parsers of the published wheels (`sglang_parsers/record.py`); nothing in it
is our opinion.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from neuroscale.engines.recognition import read_engine_settings
from neuroscale.engines.settings import EngineSettings

_FACTS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "fixtures" / "sglang_parser_facts.json").read_text(encoding="utf-8")
)
_RELEASES = sorted({fact["version"] for fact in _FACTS})


def _settings(fact: dict[str, Any], tag: str) -> EngineSettings:
    settings = read_engine_settings(
        f"lmsysorg/sglang:{tag}", ["python3", "-m", "sglang.launch_server"], fact["argv"], {}
    )
    assert settings is not None
    return settings


def _is_refused(fact: dict[str, Any], tag: str) -> bool:
    return _settings(fact, tag).problems != ()


@pytest.mark.parametrize("release", _RELEASES)
def test_a_command_line_is_refused_exactly_when_the_release_refuses_it(release: str) -> None:
    facts = [fact for fact in _FACTS if fact["version"] == release]
    disagreements = [fact["argv"] for fact in facts if _is_refused(fact, f"v{release}-cu130") is fact["accepted"]]
    assert disagreements == []


@pytest.mark.parametrize("release", _RELEASES)
def test_an_accepted_command_line_is_read_as_the_release_reads_it(release: str) -> None:
    for fact in _FACTS:
        if fact["version"] == release and fact["accepted"]:
            settings = _settings(fact, f"v{release}")
            read = _as_the_parser_names_them(settings)
            assert {name: read[name] for name in fact["settings"]} == fact["settings"], fact["argv"]


def _as_the_parser_names_them(settings: EngineSettings) -> dict[str, object]:
    has_attention_copies = settings.options.get("--enable-dp-attention") == "true"
    return {
        "model_path": settings.model,
        "tp_size": settings.tensor_parallel_size,
        "pp_size": settings.pipeline_parallel_size,
        "dp_size": settings.attention_data_parallel_size if has_attention_copies else settings.data_parallel_size,
        "ep_size": int(settings.options.get("--ep-size", 1)),
        "attn_dp_size": settings.attention_data_parallel_size,
        "enable_dp_attention": has_attention_copies,
        "context_length": settings.maximum_model_length_tokens,
        "mem_fraction_static": settings.gpu_memory_utilization,
        "max_running_requests": settings.maximum_sequences,
        "quantization": settings.quantization,
        "kv_cache_dtype": settings.kv_cache_data_type,
        "dtype": settings.data_type,
        "served_model_name": settings.served_model_names[0] if settings.served_model_names else None,
    }


def test_an_unknown_version_is_refused_only_what_every_recorded_release_refuses() -> None:
    accepted_somewhere = {json.dumps(fact["argv"]) for fact in _FACTS if fact["accepted"]}
    wrongly_refused = [
        command for command in accepted_somewhere if _is_refused({"argv": json.loads(command)}, "latest")
    ]
    assert wrongly_refused == []
