"""The prefill of one prompt, from first principles: every figure is worked out beside the assertion."""

import pytest

from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.sizing.throughput.estimate import PhaseEstimate
from neuroscale.sizing.throughput.prefill import prefill
from tests.sizing.settings import model, vllm

_LLAMA_8B = "meta-llama/Llama-3.1-8B-Instruct"


def _prefill(
    repository: str, settings: EngineSettings | None = None, tokens: int = 2048, accelerator: str = "h100-80gb-sxm"
) -> PhaseEstimate:
    """Return the estimate of a model of the catalogue."""
    estimate = prefill(model(repository), settings or vllm(), accelerator_by_name(accelerator), tokens)
    assert estimate is not None
    return estimate


def test_a_prompt_costs_two_operations_per_parameter_and_token_and_attention_half_the_square() -> None:
    # 6,979,321,856 parameters of the layers' matrices for every token, 525,336,576 of the head for the last one,
    # 4 x 32 layers x 4096 operations for each of 2048^2 / 2 pairs of tokens.
    operations = 2 * 6_979_321_856 * 2048 + 2 * 525_336_576 + 4 * 32 * 4096 * 2048**2 / 2
    step = _prefill(_LLAMA_8B)
    assert step.parts["arithmetic"].optimistic_seconds == pytest.approx(operations / 989e12, rel=1e-6)
    assert step.bound_by == "arithmetic"


def test_a_window_makes_attention_linear_in_the_prompt() -> None:
    # gpt-oss-20b: twelve of 24 layers look at 128 tokens; the others at all before. 64 heads x 64 x 4 operations.
    tokens = 16_384
    full, windowed = tokens**2 / 2, tokens * 128 - 128**2 / 2
    grown = [_prefill("openai/gpt-oss-20b", tokens=count).parts["arithmetic"] for count in (tokens, 2 * tokens)]
    attention = 12 * 64 * 64 * 4 * (full + windowed) / 989e12
    # Twice the prompt costs twice the products and the windows, and four times the pairs of full attention.
    extra = grown[1].optimistic_seconds - 2 * grown[0].optimistic_seconds
    assert extra == pytest.approx(12 * 64 * 64 * 4 * (4 * full - 2 * full) / 989e12, rel=0.01)
    assert attention < grown[0].optimistic_seconds


def test_a_prompt_touches_nearly_all_experts_and_computes_with_a_few() -> None:
    mixture, dense = _prefill("Qwen/Qwen3-30B-A3B"), _prefill("Qwen/Qwen3-32B")
    # All 28,991,029,248 parameters of experts, and 1,229,931,520 others without the embedding, in 16 bits.
    assert mixture.parts["weights"].optimistic_seconds == pytest.approx(
        (28_991_029_248 + 1_229_931_520) * 2 / 3.35e12, rel=0.001
    )
    assert mixture.parts["arithmetic"].optimistic_seconds < 0.15 * dense.parts["arithmetic"].optimistic_seconds


def test_every_chunk_reads_the_weights() -> None:
    settings = vllm("--max-num-batched-tokens", "2048")
    one, four = (_prefill(_LLAMA_8B, settings, tokens) for tokens in (2048, 8192))
    assert four.parts["weights"].optimistic_seconds == pytest.approx(4 * one.parts["weights"].optimistic_seconds)


def test_an_unstated_chunk_is_that_of_the_engines_for_the_device() -> None:
    for accelerator, most_tokens, least_tokens in (
        ("b200-180gb", "16384", "8192"),
        ("h100-80gb-sxm", "8192", "8192"),
        ("a100-80gb-sxm", "8192", "2048"),
        ("l40s", "8192", "2048"),
    ):
        unstated = _prefill(_LLAMA_8B, tokens=16_384, accelerator=accelerator).parts["weights"]
        fewest, most = (
            _prefill(_LLAMA_8B, vllm("--max-num-batched-tokens", tokens), 16_384, accelerator).parts["weights"]
            for tokens in (most_tokens, least_tokens)
        )
        assert unstated.optimistic_seconds == pytest.approx(fewest.optimistic_seconds)
        assert unstated.pessimistic_seconds == pytest.approx(most.pessimistic_seconds)


def test_tensor_parallel_ranks_share_the_products_and_reduce_every_token() -> None:
    one, four = (_prefill(_LLAMA_8B, vllm("--tensor-parallel-size", str(ranks))) for ranks in (1, 4))
    assert four.parts["arithmetic"].optimistic_seconds == pytest.approx(
        one.parts["arithmetic"].optimistic_seconds / 4, rel=1e-3
    )
    # 64 all-reduces of 2048 x 4096 x 2 bytes, three quarters of them over 450 GB/s at the least.
    assert four.parts["interconnect"].optimistic_seconds == pytest.approx(
        64 * (2.5e-6 + 0.75 * 2048 * 4096 * 2 / 450e9), rel=0.001
    )


def test_chunks_follow_each_other_through_pipeline_stages() -> None:
    # One chunk passes four stages one by one; of eight, the last arrives after 11 stages' worth of the time.
    alone = _prefill(_LLAMA_8B, vllm("--max-num-batched-tokens", "2048"), 16_384).parts["arithmetic"]
    staged = _prefill(
        _LLAMA_8B, vllm("--max-num-batched-tokens", "2048", "--pipeline-parallel-size", "4"), 16_384
    ).parts["arithmetic"]
    assert staged.optimistic_seconds == pytest.approx(alone.optimistic_seconds / 4 * 11 / 8, rel=1e-3)


def test_a_short_prompt_is_bound_by_launching_kernels() -> None:
    short = _prefill(_LLAMA_8B, tokens=16)
    assert short.bound_by == "overhead"
    # 32 layers of half a millisecond each to launch, and 20 milliseconds once.
    assert short.seconds.pessimistic_seconds == pytest.approx(32 * 0.5e-3 + 20e-3, rel=1e-6)


def test_sparse_attention_does_not_grow_with_the_square() -> None:
    sparse, dense = (
        _prefill(f"deepseek-ai/DeepSeek-{name}", tokens=131_072).parts["arithmetic"] for name in ("V3.2", "V3")
    )
    assert sparse.optimistic_seconds < 0.6 * dense.optimistic_seconds


def test_a_device_without_eight_bit_arithmetic_widens_fp8_weights() -> None:
    device, older = (
        _prefill("deepseek-ai/DeepSeek-V3", vllm("--tensor-parallel-size", "8"), accelerator=name)
        for name in ("h100-80gb-sxm", "a100-80gb-sxm")
    )
    assert older.parts["arithmetic"].pessimistic_seconds > 2 * device.parts["arithmetic"].pessimistic_seconds


def test_one_prompt_is_exchanged_once_however_many_ranks_share_the_experts() -> None:
    # 48 layers gather 2048 tokens of 2048 elements in 16 bits and scatter them again: 7/8 and 15/16 of them travel.
    eight, sixteen = (
        _prefill(
            "Qwen/Qwen3-30B-A3B",
            vllm("--data-parallel-size", str(ranks), "--enable-expert-parallel"),
            accelerator="gb200-189gb",
        ).parts["interconnect"]
        for ranks in (8, 16)
    )
    grown = 2 * 48 * (15 / 16 - 7 / 8) * 2048 * 2048 * 2 / (900e9 * 0.4)
    assert sixteen.pessimistic_seconds - eight.pessimistic_seconds == pytest.approx(grown)


def test_prompts_of_every_data_parallel_rank_share_the_experts_and_exchange_all_their_tokens() -> None:
    settings = vllm("--data-parallel-size=8", "--enable-expert-parallel")
    architecture, device = model("Qwen/Qwen3-30B-A3B"), accelerator_by_name("h100-80gb-sxm")
    alone, busy = (
        prefill(architecture, settings, device, 2048, is_every_rank_busy=is_busy) for is_busy in (False, True)
    )
    assert alone is not None
    assert busy is not None
    # Seven prompts more, each with 1,811,939,328 active parameters of experts for every token over eight ranks.
    routed = 2 * 1_811_939_328 * 2048 / 8
    grown = busy.parts["arithmetic"].optimistic_seconds - alone.parts["arithmetic"].optimistic_seconds
    assert grown == pytest.approx(7 * routed / 989e12, rel=1e-6)
    # What a gathered token takes to send: 48 layers, twice, in 16 bits of 2048 elements to seven of eight ranks.
    prudent = busy.parts["interconnect"].pessimistic_seconds - alone.parts["interconnect"].pessimistic_seconds
    per_token = 48 * 2 * 2 * 2048 * 7 / 8
    assert prudent > 7 * 2048 * per_token / 450e9
    assert busy.parts["KV cache"] == alone.parts["KV cache"]


def test_replicas_that_share_nothing_do_not_slow_each_other_down() -> None:
    for settings in (vllm(), vllm("--data-parallel-size=8")):
        alone, busy = (
            prefill(
                model(_LLAMA_8B), settings, accelerator_by_name("h100-80gb-sxm"), 2048, is_every_rank_busy=is_busy
            )
            for is_busy in (False, True)
        )
        assert alone == busy
