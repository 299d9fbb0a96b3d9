"""The arithmetic of heads, KV heads and experts, and the alternatives that the rules offer."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.reader import read_architecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.rules.divisibility import (
    expert_tensor_parallel_size,
    is_divisible,
    kv_head_counts,
    kv_heads_divide,
    undivided_heads,
    valid_sizes,
)
from neuroscale.rules.finding import Severity
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts
from tests.rules.objects import endpoint, engine_findings, rules_of, shipped

COUNTED = tuple(
    repository
    for repository in load_catalogue().repositories()
    if (architecture := load_catalogue().find(repository)) is not None and architecture.parameters is not None
)


def settings(**sizes: object) -> EngineSettings:
    """Return vLLM settings with these sizes."""
    return replace(EngineSettings("vllm", Version("0.33.0")), **sizes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kv_heads", "size", "divides"),
    [
        (8, 1, True),
        (8, 4, True),
        (8, 6, False),
        (8, 8, True),
        (8, 12, False),
        (8, 16, True),
        (1, 7, True),
        (4, 3, False),
    ],
)
def test_kv_heads_are_shared_out_or_copied_evenly(kv_heads: int, size: int, divides: bool) -> None:
    assert kv_heads_divide(kv_heads, size) is divides


def test_gemma_4_has_the_kv_heads_of_both_its_attention_shapes() -> None:
    attention = shipped("google/gemma-4-26B-A4B").attention
    assert attention is not None
    assert kv_head_counts(attention) == (2, 8)


def test_the_global_kv_heads_of_gemma_4_are_checked_too() -> None:
    architecture = shipped("google/gemma-4-26B-A4B")
    assert architecture.attention is not None
    groups = tuple(
        replace(group, kv_heads=3) if group.kv_heads == 2 else group for group in architecture.attention.groups
    )
    three_global = replace(architecture, attention=replace(architecture.attention, groups=groups))
    assert is_divisible(architecture, settings(tensor_parallel_size=8))
    assert not is_divisible(three_global, settings(tensor_parallel_size=8))


def test_the_heads_of_every_layer_are_checked() -> None:
    # Laguna: 64 heads are stated, and sliding layers have 48.
    config = {
        "model_type": "laguna",
        "num_hidden_layers": 4,
        "num_attention_heads": 64,
        "num_attention_heads_per_layer": [64, 48, 48, 64],
    }
    attention = read_architecture(config).attention
    assert attention is not None
    assert (attention.heads, attention.other_heads) == (64, (48,))
    assert undivided_heads(attention, 8) == ()
    assert undivided_heads(attention, 32) == (48,)


def test_a_size_that_divides_the_stated_heads_alone_is_denied() -> None:
    config = {"model_type": "laguna", "num_hidden_layers": 2, "num_attention_heads_per_layer": [48, 64]}
    models = load_catalogue().with_configs({"example/laguna": config})
    served = endpoint(["--model=example/laguna", "--tensor-parallel-size=3"])
    found = [finding for finding in judge((served,), ClusterFacts(models=models)) if finding.rule == "NS101"]
    assert [finding.severity for finding in found] == [Severity.DENY]
    assert found[0].message.startswith(
        "tensor parallel size 3 divides the 48 attention heads that the configuration states, but not the 64 of "
        "other layers"
    )


def test_latent_attention_has_no_kv_heads_to_share_out() -> None:
    attention = shipped("deepseek-ai/DeepSeek-V3").attention
    assert attention is not None
    assert kv_head_counts(attention) == ()


def test_the_experts_are_cut_by_the_product_of_tensor_context_and_data_parallel_sizes() -> None:
    product = settings(tensor_parallel_size=2, prefill_context_parallel_size=2, data_parallel_size=3)
    architecture = shipped("Qwen/Qwen3-30B-A3B")
    assert expert_tensor_parallel_size(architecture, product) == 12
    assert expert_tensor_parallel_size(architecture, replace(product, enable_expert_parallel=True)) == 1


def test_pipeline_stages_cut_no_expert() -> None:
    assert expert_tensor_parallel_size(shipped("Qwen/Qwen3-30B-A3B"), settings(pipeline_parallel_size=4)) == 1


def test_data_parallel_ranks_are_independent_where_the_engine_sees_no_experts() -> None:
    hidden = replace(shipped("mistralai/Mixtral-8x7B-v0.1"), class_names=("DbrxForCausalLM",), model_type="dbrx")
    assert expert_tensor_parallel_size(hidden, settings(tensor_parallel_size=2, data_parallel_size=3)) == 2


def test_an_expert_size_that_an_old_version_may_take_is_a_warning() -> None:
    old = endpoint(
        ["--model=Qwen/Qwen3-30B-A3B", "--tensor-parallel-size=1", "--data-parallel-size=5"],
        image="vllm/vllm-openai:v0.9.2",
        accelerators=5,
    )
    assert rules_of(engine_findings(old)) == [("NS103", "warn")]


@given(repository=st.sampled_from(COUNTED), size=st.integers(1, 24), data=st.integers(1, 4), whole=st.booleans())
def test_every_alternative_that_is_offered_is_valid(repository: str, size: int, data: int, whole: bool) -> None:
    architecture = shipped(repository)
    given_settings = settings(tensor_parallel_size=size, data_parallel_size=data, enable_expert_parallel=whole)
    for alternative in valid_sizes(architecture, given_settings):
        assert is_divisible(architecture, replace(given_settings, tensor_parallel_size=alternative))


@pytest.mark.parametrize("repository", COUNTED)
def test_a_model_on_one_rank_is_always_divisible(repository: str) -> None:
    assert 1 in valid_sizes(shipped(repository), settings())


@given(repository=st.sampled_from(COUNTED), size=st.integers(1, 16))
def test_a_size_is_denied_exactly_when_it_is_no_alternative(repository: str, size: int) -> None:
    deployed = endpoint([f"--model={repository}", f"--tensor-parallel-size={size}"], accelerators=size)
    denied = {rule for rule, severity in rules_of(engine_findings(deployed)) if severity == "deny"}
    assert bool(denied & {"NS101", "NS102", "NS103", "NS104", "NS113"}) != (
        size in valid_sizes(shipped(repository), settings())
    )


def test_sizes_that_do_not_divide_the_vision_tower_are_not_valid() -> None:
    model = shipped("internlm/CapRL-3B")
    assert valid_sizes(model, settings()) == (1, 2, 4)
    assert valid_sizes(model, settings(options={"--mm-encoder-tp-mode": "data"})) == (1, 2, 4, 8, 16)


@pytest.mark.parametrize(
    "options",
    [
        {"--language-model-only": "true"},
        {"--limit-mm-per-prompt": "image=0,video=0"},
        {"--model-impl": "transformers"},
    ],
)
def test_a_vision_tower_that_may_be_another_or_absent_says_nothing_about_sizes(options: dict[str, str]) -> None:
    assert 8 in valid_sizes(shipped("internlm/CapRL-3B"), settings(options=options))


@pytest.mark.parametrize(
    "options", [{"--limit-mm-per-prompt": '{"image": 10}'}, {"--mm-encoder-tp-mode": "weights"}]
)
def test_a_vision_tower_in_use_is_cut(options: dict[str, str]) -> None:
    assert 8 not in valid_sizes(shipped("internlm/CapRL-3B"), settings(options=options))
