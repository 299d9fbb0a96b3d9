"""A GGUF file's header says what the config.json said that it was converted from, at the size of real models."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.reader import read_architecture
from tests.model_sources.conftest import Read
from tests.model_sources.gguf_conversion import write_header

FIXTURES: Mapping[str, Any] = json.loads(
    (Path(__file__).parent / "fixtures" / "gguf_families.json").read_text(encoding="utf-8")
)
PUBLISHED = {
    "meta-llama/Meta-Llama-3.1-8B": "llama",
    "mistralai/Mixtral-8x7B-v0.1": "llama",
    "Qwen/Qwen2.5-7B": "qwen2",
    "Qwen/Qwen3-8B": "qwen3",
    "Qwen/Qwen3-30B-A3B": "qwen3moe",
    "openai/gpt-oss-20b": "gpt-oss",
    "deepseek-ai/DeepSeek-V3": "deepseek2",
}


def config_of(name: str) -> Mapping[str, Any]:
    if name in FIXTURES:
        config: Mapping[str, Any] = FIXTURES[name]
        return config
    entry = load_catalogue().entry(name)
    assert entry is not None
    return entry.config


@pytest.mark.parametrize(("name", "family"), [*PUBLISHED.items(), *((name, name) for name in FIXTURES)])
def test_a_header_says_what_the_config_said(read: Read, tmp_path: Path, name: str, family: str) -> None:
    config = config_of(name)
    write_header(tmp_path / "model.gguf", family, config)
    found = read(f"{tmp_path}/model.gguf")
    expected, architecture = read_architecture(config), found.architecture
    assert architecture.unread == ()
    assert architecture.parameters is not None
    assert architecture.parameters == expected.parameters
    assert architecture.active_parameters == expected.active_parameters
    assert architecture.experts == expected.experts
    assert architecture.attention == expected.attention
    assert architecture.tied_embeddings == expected.tied_embeddings
    assert architecture.data_type == "bfloat16"
    assert architecture.context is not None
    assert expected.context is not None
    assert architecture.context.original_tokens == expected.context.original_tokens
    assert found.weights is not None
    assert found.weights.parameters == architecture.parameters.language_model


def test_every_family_of_the_table_is_shown() -> None:
    table = json.loads(
        (Path(__file__).parents[2] / "neuroscale/model_sources/data/gguf_families.json").read_text("utf-8")
    )
    shown = {config_of(name)["model_type"] for name in (*PUBLISHED, *FIXTURES)}
    assert shown == {family["model_type"] for family in table["families"].values()}
