"""The file of `--config`: its options stand on the command line where the engine of each release puts them."""

import json
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from neuroscale.engines.recognition import read_engine_settings
from neuroscale.engines.settings import ArgumentPosition, EngineSettings
from neuroscale.engines.vllm_configuration_file import with_configuration_file
from neuroscale.engines.words import Word

FIXTURES = Path(__file__).parent / "fixtures"
TEXT = (FIXTURES / "configuration_file.yaml").read_text(encoding="utf-8")
RECORDED: dict[str, Any] = json.loads((FIXTURES / "configuration_file.json").read_text(encoding="utf-8"))
CASES = [(version, form) for version, words in RECORDED["words"].items() for form in words]
# Up to this release the module puts them behind its first word, and no such command line starts.
FIRST_WITH_MODULE = Version("0.10.2")
PATH = "/etc/vllm/config.yaml"


def settings_of(text: str, *arguments: str, version: str = "0.33.0", path: str = PATH) -> EngineSettings:
    settings = read_engine_settings(f"vllm/vllm-openai:v{version}", [], list(arguments), {}, {path: text})
    assert settings is not None
    return settings


@pytest.mark.parametrize(("version", "form"), CASES)
def test_the_words_are_those_that_the_release_itself_makes(version: str, form: str) -> None:
    texts = [PATH if text == "FILE" else text for text in RECORDED["command_lines"][form]]
    expected = RECORDED["words"][version][form]
    is_serve = form.startswith("serve")
    words = [Word(text, ArgumentPosition("args", index)) for index, text in enumerate(texts)]
    configured = with_configuration_file(
        words[1:] if is_serve else words, {PATH: TEXT}, Version(version), model_is_positional=is_serve
    )
    read = [word.text for word in configured.words]
    if is_serve:
        assert ["serve", *read] == expected
    elif Version(version) >= FIRST_WITH_MODULE:
        assert read == expected
    else:
        assert read == texts


def test_the_command_line_wins_over_the_file() -> None:
    settings = settings_of("tensor-parallel-size: 4\nmax-model-len: 8k", "M", "--config", PATH, "-tp", "2")
    assert (settings.model, settings.tensor_parallel_size) == ("M", 2)
    assert settings.maximum_model_length_tokens == 8000
    assert settings.unresolved == ()


def test_the_file_may_name_the_model() -> None:
    assert settings_of("model: Qwen/Qwen3-32B", "--config", PATH).model == "Qwen/Qwen3-32B"
    assert settings_of("model: Qwen/Qwen3-32B", "M", "--config", PATH).model == "M"


def test_an_option_of_the_file_stands_where_the_file_is_named() -> None:
    settings = settings_of("tensor-parallel-size: four", "M", "--seed", "1", "--config", PATH)
    [problem] = settings.problems
    assert (problem.option, problem.position) == ("--tensor-parallel-size", ArgumentPosition("args", 3))


def test_a_file_that_is_not_known_leaves_everything_open() -> None:
    settings = settings_of("tensor-parallel-size: 4", "M", "--config", "/elsewhere.yaml")
    assert settings.unresolved == ("--config",)


@pytest.mark.parametrize(
    "text",
    ["- a\n- b", "a: [", "1: 2", "a: &x [1]\nb: *x", "x: " + "[" * 40 + "]" * 40, "", "# " + "x" * 70_000],
)
def test_a_file_that_is_not_read_with_certainty_leaves_everything_open(text: str) -> None:
    assert settings_of(text, "M", "--config", PATH).unresolved == ("--config",)


def test_one_word_names_a_file_that_is_never_read() -> None:
    settings = settings_of("tensor-parallel-size: 4", "M", f"--config={PATH}")
    assert (settings.tensor_parallel_size, settings.unresolved) == (1, ())
    [dropped] = settings.ignored
    assert (dropped.written, dropped.position) == (f"--config={PATH}", ArgumentPosition("args", 1))


def test_a_file_of_another_type_is_refused() -> None:
    [problem] = settings_of("{}", "M", "--config", "/etc/vllm.json", path="/etc/vllm.json").problems
    assert problem.message == "Config file must be of a yaml/yml type. json supplied"


def test_without_a_version_only_what_every_release_makes_alike_is_known() -> None:
    text = "tensor-parallel-size: 4\nenable-prefix-caching: false\ncompilation-config: {level: 3}"
    settings = read_engine_settings("vllm/vllm-openai:latest", [], ["M", "--config", PATH], {}, {PATH: text})
    assert settings is not None
    assert settings.tensor_parallel_size == 4
    assert set(settings.unresolved) == {"--enable-prefix-caching", "--compilation-config"}
