"""What the launchers of seventeen Text Generation Inference releases did with each command line and environment.

The fixture was recorded by compiling the launchers' arguments with clap
(`text_generation_inference_parsers/record.py`); nothing in it is our opinion.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from neuroscale.engines.recognition import read_engine_settings
from neuroscale.engines.settings import EngineSettings

_FACTS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "fixtures" / "text_generation_inference_parser_facts.json").read_text(encoding="utf-8")
)
_RELEASES = sorted({fact["version"] for fact in _FACTS})
_DEFAULT_MODEL = "bigscience/bloom-560m"


def _settings(fact: dict[str, Any], tag: str) -> EngineSettings:
    settings = read_engine_settings(
        f"ghcr.io/huggingface/text-generation-inference:{tag}", [], fact["args"], fact.get("env", {})
    )
    assert settings is not None
    return settings


@pytest.mark.parametrize("release", _RELEASES)
def test_a_command_line_is_refused_exactly_when_the_release_refuses_it(release: str) -> None:
    facts = [fact for fact in _FACTS if fact["version"] == release]
    disagreements = [
        (fact["args"], fact.get("env"), fact["accepted"])
        for fact in facts
        if (_settings(fact, release).problems == ()) is not fact["accepted"]
    ]
    assert disagreements == []


@pytest.mark.parametrize("release", _RELEASES)
def test_an_accepted_command_line_is_read_as_the_release_reads_it(release: str) -> None:
    for fact in _FACTS:
        if fact["version"] == release and fact["accepted"]:
            options = _settings(fact, release).options
            shards, sharded = options.get("--num-shard"), options.get("--sharded")
            read = {
                "model_id": options.get("--model-id", _DEFAULT_MODEL),
                "num_shard": None if shards is None else int(shards),
                "sharded": None if sharded is None else sharded == "true",
                "trust_remote_code": options.get("--trust-remote-code") == "true",
                "revision": options.get("--revision"),
            }
            assert read == fact["settings"], (fact["args"], fact.get("env"))


def test_an_unknown_version_is_certainly_refused_only_what_every_recorded_release_refuses() -> None:
    accepted = {json.dumps([fact["args"], fact.get("env")]) for fact in _FACTS if fact["accepted"]}
    wrong = [
        fact["args"]
        for fact in _FACTS
        if json.dumps([fact["args"], fact.get("env")]) in accepted
        and any(problem.is_certain for problem in _settings(fact, "latest").problems)
    ]
    assert wrong == []
