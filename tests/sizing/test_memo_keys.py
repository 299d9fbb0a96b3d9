"""Results that are kept for settings are those of settings that a size cannot tell apart, and of no others."""

from dataclasses import replace

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.engines.settings import ArgumentPosition, EngineSettings
from neuroscale.sizing.memo_keys import SameSettings
from neuroscale.sizing.weights import weight_bytes_by_component

SETTINGS = EngineSettings("vllm", tensor_parallel_size=2, options={"--tensor-parallel-size": "2"})


def test_where_an_option_was_written_changes_nothing() -> None:
    elsewhere = replace(SETTINGS, positions={"--tensor-parallel-size": ArgumentPosition("args", 3)})
    assert SameSettings(elsewhere) == SameSettings(SETTINGS)
    assert hash(SameSettings(elsewhere)) == hash(SameSettings(SETTINGS))


@pytest.mark.parametrize(
    "changed",
    [
        replace(SETTINGS, tensor_parallel_size=4),
        replace(SETTINGS, quantization="fp8"),
        replace(SETTINGS, options={"--tensor-parallel-size": "2", "--cpu-offload-gb": "8"}),
        replace(SETTINGS, environment={"VLLM_USE_V1": "0"}),
        replace(SETTINGS, configuration_overrides={"num_hidden_layers": 2}),
    ],
    ids=["size", "format", "option", "variable", "override"],
)
def test_everything_else_is_told_apart(changed: EngineSettings) -> None:
    assert SameSettings(changed) != SameSettings(SETTINGS)


def test_weights_are_those_of_the_settings_that_are_asked_about() -> None:
    architecture = load_catalogue().find("Qwen/Qwen3-30B-A3B")
    assert architecture is not None
    both = [
        weight_bytes_by_component(architecture, settings)
        for settings in (SETTINGS, replace(SETTINGS, tensor_parallel_size=4), SETTINGS)
    ]
    assert both[0] == both[2] != both[1]
