"""SGLang's file of `--config`: its options stand before those of the command line."""

import pytest

from neuroscale.engines.recognition import read_engine_settings
from neuroscale.engines.settings import EngineSettings

PATH = "/etc/sglang/config.yaml"
MODEL = "model-path: Qwen/Qwen3-32B\n"


def settings_of(text: str, *arguments: str, version: str = "0.5.23") -> EngineSettings:
    command = ["python3", "-m", "sglang.launch_server"]
    settings = read_engine_settings(f"lmsysorg/sglang:v{version}", command, list(arguments), {}, {PATH: text})
    assert settings is not None
    return settings


@pytest.mark.parametrize("version", ["0.5.3.post3", "0.5.8.post1", "0.5.23"])
def test_the_command_line_wins_over_the_file_wherever_the_file_is_named(version: str) -> None:
    for arguments in (["--config", PATH, "--tp-size=2"], ["--tp-size=2", "--config", PATH]):
        settings = settings_of(f"{MODEL}tp-size: 4\nep-size: 2\n", *arguments, version=version)
        assert (settings.model, settings.tensor_parallel_size) == ("Qwen/Qwen3-32B", 2)
        assert settings.expert_parallel_size == 2
        assert (settings.problems, settings.unresolved) == ((), ())


def test_an_underscore_in_the_file_is_no_dash() -> None:
    (problem,) = settings_of(f"{MODEL}tp_size: 4\n", "--config", PATH).problems[:1]
    assert (problem.kind, problem.option) == ("unknown-option", "--tp_size")


@pytest.mark.parametrize(("value", "is_on"), [("true", True), ("false", False)])
def test_a_switch_is_given_or_left_out(value: str, is_on: bool) -> None:
    settings = settings_of(f"{MODEL}enable-metrics: {value}\n", "--config", PATH)
    assert (settings.options.get("--enable-metrics") == "true") is is_on
    assert settings.problems == ()


@pytest.mark.parametrize(("version", "is_read"), [("0.5.12.post1", False), ("0.5.14", True)])
def test_a_mapping_is_json_from_the_release_that_writes_it_so(version: str, is_read: bool) -> None:
    text = f"{MODEL}json-model-override-args:\n  num_hidden_layers: 2\n"
    settings = settings_of(text, "--config", PATH, version=version)
    assert ("--config" not in settings.unresolved) is is_read
    assert settings.configuration_overrides == ({"num_hidden_layers": 2} if is_read else {})


def test_the_model_may_be_missing_from_both() -> None:
    (problem,) = settings_of("tp-size: 4\n", "--config", PATH).problems
    assert (problem.kind, problem.option) == ("missing-option", "--model-path")


def test_a_file_that_is_not_at_hand_leaves_every_option_open() -> None:
    settings = settings_of(MODEL, "--config", "/elsewhere.yaml")
    assert settings.unresolved == ("--config",)
    assert settings.problems == ()


def test_one_word_names_a_file_that_is_never_read() -> None:
    settings = settings_of(f"{MODEL}tp-size: 4\n", "--model-path=M", f"--config={PATH}")
    assert (settings.model, settings.tensor_parallel_size) == ("M", 1)
    assert [problem.written for problem in settings.ignored] == [f"--config={PATH}"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", PATH, "--config", PATH], "Multiple config files specified! Only one allowed."),
        (["--config", "/etc/sglang.json"], "Config file must be YAML format, got: .json"),
    ],
)
def test_a_file_that_the_engine_does_not_take_is_a_problem(arguments: list[str], message: str) -> None:
    assert message in {problem.message for problem in settings_of(MODEL, *arguments).problems}


@pytest.mark.parametrize("text", ["- a list\n", "a: [\n", "a: &b 1\nc: *b\n", "[" * 100])
def test_a_file_that_is_no_plain_mapping_leaves_every_option_open(text: str) -> None:
    assert "--config" in settings_of(text, "--model-path=M", "--config", PATH).unresolved
