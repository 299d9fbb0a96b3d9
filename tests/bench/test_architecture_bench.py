"""Time to read one configuration, beside the time to parse its JSON."""

import json

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.reader import read_architecture

REPOSITORIES = ("google/gemma-4-26B-A4B", "deepseek-ai/DeepSeek-V3", "meta-llama/Meta-Llama-3.1-405B")


def _config_text(repository: str) -> str:
    entry = load_catalogue().entry(repository)
    assert entry is not None
    return json.dumps(dict(entry.config))


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_read_architecture(benchmark: BenchmarkFixture, repository: str) -> None:
    config = json.loads(_config_text(repository))
    architecture: ModelArchitecture = benchmark(read_architecture, config)
    assert architecture.parameters is not None


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_parse_json_only(benchmark: BenchmarkFixture, repository: str) -> None:
    text = _config_text(repository)
    assert benchmark(json.loads, text)
