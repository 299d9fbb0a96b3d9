"""A step of decoding, from first principles: every figure is worked out beside the assertion."""

import pytest

from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.sizing.throughput.decode import decode_step
from neuroscale.sizing.throughput.estimate import PhaseEstimate
from tests.sizing.settings import model, vllm
from tests.sizing.throughput.measured import architecture

_H100 = "h100-80gb-sxm"
_LLAMA_8B = "meta-llama/Llama-3.1-8B-Instruct"
_QWEN_30B = "Qwen/Qwen3-30B-A3B"
_DEEPSEEK = "deepseek-ai/DeepSeek-V3"


def _step(
    repository: str,
    settings: EngineSettings | None = None,
    requests: int = 1,
    context: int = 1024,
    accelerator: str = _H100,
) -> PhaseEstimate:
    """Return the estimate of a model of the catalogue."""
    step = decode_step(model(repository), settings or vllm(), accelerator_by_name(accelerator), requests, context)
    assert step is not None
    return step


def test_a_dense_model_reads_all_but_its_embedding() -> None:
    # 8,030,261,248 parameters less the 525,336,576 of the embedding are 15.01 GB in 16 bits: 4.48 ms at 3.35 TB/s.
    step = _step(_LLAMA_8B)
    assert step.parts["weights"].optimistic_seconds == pytest.approx(
        (8_030_261_248 - 525_336_576) * 2 / 3.35e12, rel=1e-6
    )
    assert step.bound_by == "weights"
    # 150 tokens per second are what engines reach; 208 would be the whole bandwidth and nothing else.
    assert 1 / step.seconds.pessimistic_seconds < 150 < 1 / step.seconds.optimistic_seconds < 208


def test_a_tied_embedding_is_read_as_the_head() -> None:
    # Llama 3.2 1B: 1,235,814,400 parameters, the embedding stored once and read whole by the head.
    assert _step("meta-llama/Llama-3.2-1B").parts["weights"].optimistic_seconds == pytest.approx(
        1_235_814_400 * 2 / 3.35e12, rel=1e-6
    )


def test_one_token_of_a_mixture_reads_the_experts_that_compute_it() -> None:
    # Qwen3-30B-A3B: 8 of 128 experts of 28,991,029,248 parameters, and 1,229,931,520 others without the embedding.
    read = 28_991_029_248 * 8 / 128 + (905_969_664 + 12_582_912 + 210_944 + 311_164_928)
    assert _step(_QWEN_30B).parts["weights"].optimistic_seconds == pytest.approx(read * 2 / 3.35e12, rel=1e-4)


def test_a_batch_of_a_mixture_reads_the_experts_that_any_of_its_tokens_touches() -> None:
    # 32 tokens touch 1 - (15/16)^32 = 87.3 % of the experts when they choose alike.
    read = 28_991_029_248 * (1 - (15 / 16) ** 32) + (905_969_664 + 12_582_912 + 210_944 + 311_164_928)
    assert _step(_QWEN_30B, requests=32).parts["weights"].optimistic_seconds == pytest.approx(
        read * 2 / 3.35e12, rel=1e-4
    )


def test_the_tokens_of_all_data_parallel_ranks_reach_the_experts_of_a_rank() -> None:
    # 4 requests on each of 8 ranks are 32 tokens for the experts, of which a rank holds an eighth.
    settings = vllm("--data-parallel-size", "8", "--enable-expert-parallel")
    read = 28_991_029_248 / 8 * (1 - (15 / 16) ** 32) + (905_969_664 + 12_582_912 + 210_944 + 311_164_928)
    assert _step(_QWEN_30B, settings, requests=4).parts["weights"].optimistic_seconds == pytest.approx(
        read * 2 / 3.35e12, rel=1e-4
    )


def test_the_cache_of_every_request_is_read() -> None:
    # 32 layers x 8 heads x (128 + 128) elements x 2 bytes are 131,072 bytes per token: 16 x 1024 of them.
    step = _step(_LLAMA_8B, requests=16)
    assert step.parts["KV cache"].optimistic_seconds == pytest.approx(131_072 * 16 * 1024 / 3.35e12)


def test_a_window_is_read_and_no_more() -> None:
    # gpt-oss-20b: 12 layers look at all tokens and 12 at 128, each 8 heads x 128 elements x 2 bytes.
    step = _step("openai/gpt-oss-20b", context=8192)
    assert step.parts["KV cache"].optimistic_seconds == pytest.approx(12 * 8 * 128 * 2 * (8192 + 128) / 3.35e12)


def test_the_latent_row_is_read_whole_on_every_tensor_parallel_rank() -> None:
    # 61 layers x 576 elements x 2 bytes, whether on one rank or on eight.
    one, eight = (
        _step(_DEEPSEEK, vllm("--tensor-parallel-size", str(ranks))).parts["KV cache"] for ranks in (1, 8)
    )
    assert one.optimistic_seconds == eight.optimistic_seconds == pytest.approx(61 * 576 * 2 * 1024 / 3.35e12)


def test_recurrent_states_are_read_and_written_whatever_the_context() -> None:
    # Qwen3-Next: 36 layers of 548,864 state elements in 2 bytes at the least, twice; 12 layers with 1,024 elements.
    short, long = (_step("Qwen/Qwen3-Next-80B-A3B-Instruct", context=tokens) for tokens in (1000, 2000))
    states = 2 * 36 * (24_576 + 524_288) * 2 / 3.35e12
    entries = 12 * 1024 * 2 * 1000 / 3.35e12
    assert short.parts["KV cache"].optimistic_seconds == pytest.approx(states + entries)
    assert long.parts["KV cache"].optimistic_seconds == pytest.approx(states + 2 * entries)


def test_sparse_attention_reads_the_tokens_it_picks() -> None:
    far, farther = (_step("deepseek-ai/DeepSeek-V3.2", context=tokens) for tokens in (32_768, 65_536))
    dense = _step(_DEEPSEEK, context=65_536)
    assert farther.parts["KV cache"].pessimistic_seconds < dense.parts["KV cache"].optimistic_seconds
    # Only the index grows: 61 layers of 128 elements, in half a byte each at the least.
    grown = farther.parts["KV cache"].optimistic_seconds - far.parts["KV cache"].optimistic_seconds
    assert grown == pytest.approx(61 * 128 * 0.5 * 32_768 / 3.35e12)


def test_arithmetic_is_two_operations_per_active_parameter_and_token() -> None:
    # 7,504,658,432 parameters of matrices, 256 tokens, and 4 x 32 layers x 4096 operations per cached entry.
    step = _step(_LLAMA_8B, requests=256)
    matrices = 2 * (8_030_261_248 - 525_336_576 - 266_240) * 256
    attention = 4 * 32 * 4096 * 1024 * 256
    assert step.parts["arithmetic"].optimistic_seconds == pytest.approx((matrices + attention) / 989e12, rel=1e-6)


def test_fp8_weights_are_multiplied_at_the_rate_of_fp8_where_the_device_has_it() -> None:
    wide, narrow = (architecture(_LLAMA_8B, weights) for weights in (None, "fp8"))
    seconds = {}
    for name in (_H100, "a100-80gb-sxm"):
        steps = [decode_step(each, vllm(), accelerator_by_name(name), 512, 1) for each in (wide, narrow)]
        seconds[name] = [step.parts["arithmetic"].pessimistic_seconds for step in steps if step is not None]
    assert seconds[_H100][1] < 0.7 * seconds[_H100][0]
    assert seconds["a100-80gb-sxm"][1] == pytest.approx(seconds["a100-80gb-sxm"][0])


def test_weights_that_are_only_stored_in_four_bits_are_multiplied_in_sixteen() -> None:
    steps = [
        decode_step(architecture(_LLAMA_8B, weights), vllm(), accelerator_by_name("b200-180gb"), 512, 1)
        for weights in (None, "awq", "nvfp4")
    ]
    half, stored, multiplied = (step.parts["arithmetic"].optimistic_seconds for step in steps if step is not None)
    assert stored == pytest.approx(half)
    assert multiplied < 0.5 * half


def test_tensor_parallel_ranks_share_the_weights_and_pay_two_all_reduces_per_layer() -> None:
    one, four = (_step(_LLAMA_8B, vllm("--tensor-parallel-size", str(ranks))) for ranks in (1, 4))
    whole, part = (step.parts["weights"].optimistic_seconds for step in (one, four))
    assert part == pytest.approx(whole / 4, rel=1e-3)
    assert one.parts["interconnect"].pessimistic_seconds == 0
    # 64 all-reduces of 12 microseconds, and of 8 KiB that hardly count.
    assert four.parts["interconnect"].pessimistic_seconds == pytest.approx(64 * 12e-6, rel=0.02)


def test_pipeline_stages_make_one_request_no_faster_and_share_out_many() -> None:
    alone, staged = (_step(_LLAMA_8B, vllm("--pipeline-parallel-size", str(stages))) for stages in (1, 4))
    assert staged.parts["weights"].optimistic_seconds == pytest.approx(
        alone.parts["weights"].optimistic_seconds, rel=1e-6
    )
    assert staged.seconds.pessimistic_seconds > alone.seconds.optimistic_seconds
    # The cache of 64 requests is read once by four stages at a time.
    together = _step(_LLAMA_8B, requests=64).parts["KV cache"]
    divided = _step(_LLAMA_8B, vllm("--pipeline-parallel-size", "4"), requests=64).parts["KV cache"]
    assert divided.optimistic_seconds == pytest.approx(together.optimistic_seconds / 4, rel=1e-6)


def test_data_parallel_ranks_of_a_dense_model_do_not_communicate() -> None:
    assert _step(_LLAMA_8B, vllm("--data-parallel-size", "4")).parts["interconnect"].pessimistic_seconds == 0


def test_data_parallel_ranks_of_a_mixture_exchange_tokens_in_every_layer() -> None:
    step = _step(_QWEN_30B, vllm("--data-parallel-size", "8", "--enable-expert-parallel"))
    # Dispatch and combine in 48 layers, 12 microseconds each, and hardly a byte.
    assert step.parts["interconnect"].pessimistic_seconds == pytest.approx(2 * 48 * 12e-6, rel=0.02)


def test_ranks_on_several_nodes_pay_for_the_network() -> None:
    near, far = (
        _step(_DEEPSEEK, vllm("--data-parallel-size", str(ranks), "--enable-expert-parallel"), requests=32)
        for ranks in (8, 16)
    )
    assert far.parts["interconnect"].pessimistic_seconds > 3 * near.parts["interconnect"].pessimistic_seconds


def test_launching_every_kernel_costs_more_than_cuda_graphs() -> None:
    graphs, eager = (_step(_LLAMA_8B, settings) for settings in (vllm(), vllm("--enforce-eager")))
    assert eager.parts["overhead"].pessimistic_seconds > 5 * graphs.parts["overhead"].pessimistic_seconds
    assert eager.seconds.optimistic_seconds == graphs.seconds.optimistic_seconds


def test_a_long_context_is_bound_by_the_cache() -> None:
    assert _step(_LLAMA_8B, requests=32, context=32_768).bound_by == "KV cache"


def test_the_whole_is_what_overlaps_and_what_does_not() -> None:
    step = _step(_LLAMA_8B, vllm("--tensor-parallel-size", "2"), requests=8)
    parts = step.parts
    reading = parts["weights"].pessimistic_seconds + parts["KV cache"].pessimistic_seconds
    assert step.seconds.pessimistic_seconds == pytest.approx(
        max(reading, parts["arithmetic"].pessimistic_seconds)
        + parts["interconnect"].pessimistic_seconds
        + parts["overhead"].pessimistic_seconds
    )
    assert step.seconds.optimistic_seconds == pytest.approx(
        parts["weights"].optimistic_seconds
        + parts["KV cache"].optimistic_seconds
        + parts["overhead"].optimistic_seconds
    )


def test_a_chunk_is_read_half_on_average_at_the_least() -> None:
    # Llama 4 Scout: 12 layers look at all tokens, 36 at their chunk of 8192; 8 heads x 256 elements x 2 bytes each.
    cache = _step("meta-llama/Llama-4-Scout-17B-16E-Instruct", context=32_768).parts["KV cache"]
    per_layer = 8 * 256 * 2 / 3.35e12
    assert cache.optimistic_seconds == pytest.approx(per_layer * (12 * 32_768 + 36 * 8192 / 2))
    assert cache.pessimistic_seconds == pytest.approx(per_layer * (12 * 32_768 + 36 * 8192) / 0.65)


def test_copies_of_the_attention_read_all_of_it_and_serve_the_same_experts() -> None:
    # SGLang's attention data parallelism on eight ranks: attention whole on each, everything else cut in eight.
    cut, whole = (
        EngineSettings("sglang", tensor_parallel_size=8, attention_data_parallel_size=copies) for copies in (1, 8)
    )
    once, eight = (_step(_DEEPSEEK, settings, requests=1).parts["weights"] for settings in (cut, whole))
    # 7/8 of 11,413,422,080 parameters in 8 bits and their scales more, and the experts that 8 tokens touch of an
    # eighth of 653,908,770,816 instead of those of one.
    attention = 7 / 8 * 11_413_422_080
    experts = 653_908_770_816 / 8 * ((1 - (31 / 32) ** 8) - 8 / 256)
    grown = eight.optimistic_seconds - once.optimistic_seconds
    assert grown == pytest.approx((attention + experts) / 3.35e12, rel=0.01)
