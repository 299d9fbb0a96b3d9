"""What holds of every estimate, whatever the model, the accelerator and the settings."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.catalogue import accelerator_by_name, load_accelerators
from neuroscale.sizing.throughput.decode import decode_step
from neuroscale.sizing.throughput.estimate import PhaseEstimate
from neuroscale.sizing.throughput.prefill import prefill
from tests.sizing.settings import model, vllm

_MODELS = load_catalogue().repositories()
_H100 = accelerator_by_name("h100-80gb-sxm")


@st.composite
def _deployments(draw: st.DrawFn) -> tuple[str, EngineSettings, str]:
    engine = EngineSettings(
        draw(st.sampled_from(["vllm", "sglang", "tensorrt-llm"])),
        tensor_parallel_size=draw(st.sampled_from([1, 2, 4, 8, 16])),
        pipeline_parallel_size=draw(st.sampled_from([1, 1, 2, 3])),
        data_parallel_size=draw(st.sampled_from([1, 1, 2, 8])),
        enable_expert_parallel=draw(st.booleans()),
    )
    return draw(st.sampled_from(_MODELS)), engine, draw(st.sampled_from(sorted(load_accelerators())))


def _assert_is_a_range(estimate: PhaseEstimate) -> None:
    assert 0 < estimate.seconds.optimistic_seconds <= estimate.seconds.pessimistic_seconds
    for part in estimate.parts.values():
        assert 0 <= part.optimistic_seconds <= part.pessimistic_seconds * (1 + 1e-9)
    most = max(part.pessimistic_seconds for part in estimate.parts.values())
    assert estimate.parts[estimate.bound_by].pessimistic_seconds == most


@given(_deployments(), st.integers(1, 512), st.integers(1, 131_072))
@settings(max_examples=150, deadline=None)
def test_every_estimate_is_a_range_and_names_its_largest_part(
    deployment: tuple[str, EngineSettings, str], requests: int, tokens: int
) -> None:
    repository, engine, name = deployment
    step = decode_step(model(repository), engine, accelerator_by_name(name), requests, tokens)
    prompt = prefill(model(repository), engine, accelerator_by_name(name), tokens)
    assert (step is None) == (prompt is None)
    for estimate in (step, prompt):
        if estimate is not None:
            _assert_is_a_range(estimate)


@given(_deployments(), st.integers(1, 256), st.integers(1, 65_536))
@settings(max_examples=100, deadline=None)
def test_more_requests_and_longer_contexts_are_never_faster(
    deployment: tuple[str, EngineSettings, str], requests: int, tokens: int
) -> None:
    repository, engine, name = deployment
    steps = [
        decode_step(model(repository), engine, accelerator_by_name(name), *load)
        for load in ((requests, tokens), (requests + 1, tokens), (requests, tokens + 1))
    ]
    known = [step.seconds for step in steps if step is not None]
    assert len(known) in {0, len(steps)}
    for first, other in zip(known[:1] * 2, known[1:], strict=True):
        assert first.optimistic_seconds <= other.optimistic_seconds * (1 + 1e-9)
        assert first.pessimistic_seconds <= other.pessimistic_seconds * (1 + 1e-9)


def test_most_models_of_the_catalogue_are_estimated() -> None:
    known = [decode_step(model(repository), vllm(), _H100, 1, 1024) is not None for repository in _MODELS]
    assert sum(known) / len(known) > 0.95


@pytest.mark.parametrize("field", ["parameters", "attention", "hidden_size", "layers"])
def test_nothing_is_said_of_a_model_whose_shape_is_not_known(field: str) -> None:
    unknown = replace(model("Qwen/Qwen3-30B-A3B"), **{field: None})  # type: ignore[arg-type]
    assert decode_step(unknown, vllm(), _H100, 1, 1024) is None
    assert prefill(unknown, vllm(), _H100, 1024) is None


def test_nothing_is_said_of_an_accelerator_whose_arithmetic_is_not_known() -> None:
    unknown = replace(_H100, bfloat16_flops=None, float16_flops=None)
    assert decode_step(model("Qwen/Qwen3-30B-A3B"), vllm(), unknown, 1, 1024) is None
    assert prefill(model("Qwen/Qwen3-30B-A3B"), vllm(), unknown, 1024) is None


def test_nothing_is_said_of_steps_whose_tokens_are_drafted() -> None:
    settings = vllm("--speculative-config", '{"method": "mtp", "num_speculative_tokens": 2}')
    assert decode_step(model("Qwen/Qwen3-30B-A3B"), settings, _H100, 1, 1024) is None
    assert prefill(model("Qwen/Qwen3-30B-A3B"), settings, _H100, 1024) is not None


def test_nothing_is_said_of_weights_that_are_offloaded() -> None:
    assert decode_step(model("Qwen/Qwen3-30B-A3B"), vllm("--cpu-offload-gb", "10"), _H100, 1, 1024) is None


def test_nothing_is_said_of_arithmetic_in_single_precision() -> None:
    assert decode_step(model("Qwen/Qwen3-30B-A3B"), vllm("--dtype", "float32"), _H100, 1, 1024) is None


def test_settings_that_are_equal_but_for_their_ranks_are_told_apart() -> None:
    one, two = (
        decode_step(model("Qwen/Qwen3-30B-A3B"), vllm("--tensor-parallel-size", str(ranks)), _H100, 1, 1024)
        for ranks in (1, 2)
    )
    assert one is not None
    assert two is not None
    assert one.parts["weights"] != two.parts["weights"]
