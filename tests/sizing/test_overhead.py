"""Specification of activations, buffers and graphs, which stand beside weights and cache."""

from dataclasses import replace

import pytest

from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.sizing.overhead import overhead_bytes
from tests.sizing.settings import GIBIBYTE, model, vllm

DENSE = "Qwen/Qwen3-8B"
EXPERTS = "Qwen/Qwen3-30B-A3B"
# Without CUDA graphs, on one rank, with a batch that is stated.
BARE = ("--enforce-eager", "--max-num-batched-tokens=8192", "--max-num-seqs=256")


def _most(name: str, *arguments: str, version: str = "0.33.0", accelerator: Accelerator | None = None) -> int:
    return overhead_bytes(model(name), vllm(*arguments, version=version), accelerator).pessimistic_bytes


def test_the_sampler_is_tried_with_logits_of_every_request_over_the_vocabulary() -> None:
    more = tuple(each.replace("seqs=256", "seqs=1280") for each in BARE)
    assert _most(DENSE, *more) - _most(DENSE, *BARE) >= 1024 * 151_936 * 4


def test_older_engines_sort_the_logits_and_need_more() -> None:
    requests = tuple(each.replace("seqs=256", "seqs=1024") for each in BARE)
    assert _most(DENSE, *requests, version="0.16.0") > 2 * _most(DENSE, *requests, version="0.17.1")


def test_a_wide_feed_forward_outweighs_few_logits() -> None:
    few = tuple(each.replace("seqs=256", "seqs=1") for each in BARE)
    architecture = model("meta-llama/Llama-3.1-8B-Instruct")
    wider = replace(architecture, dense_intermediate_size=10 * 14_336)
    narrow, wide = (overhead_bytes(each, vllm(*few)).pessimistic_bytes for each in (architecture, wider))
    assert wide - narrow == 8192 * 3 * 9 * 14_336 * 2
    halved = overhead_bytes(wider, vllm(*few, "-tp=2")).pessimistic_bytes
    assert halved < wide


def test_experts_have_a_workspace_of_a_row_for_every_choice_of_a_token() -> None:
    architecture = model(EXPERTS)
    assert architecture.experts is not None
    fewer = replace(architecture, experts=replace(architecture.experts, experts_per_token=4))
    eight, four = (overhead_bytes(each, vllm(*BARE)).pessimistic_bytes for each in (architecture, fewer))
    # Both halves of the first projection, 2 x 768, are less than the hidden size of 2048.
    assert eight - four == 4 * 8192 * (2048 + 2048) * 2


def test_ranks_that_share_experts_gather_the_tokens_of_all() -> None:
    one, four = (_most(EXPERTS, *BARE, "--enable-expert-parallel", f"-dp={ranks}") for ranks in (2, 8))
    assert four - one == 6 * 8192 * 8 * (2048 + 2048) * 2


def test_a_backend_that_sends_tokens_has_buffers_instead() -> None:
    arguments = (*BARE, "--enable-expert-parallel", "-dp=2")
    gathered = _most(EXPERTS, *arguments)
    sent = _most(EXPERTS, *arguments, "--all2all-backend=deepep_low_latency")
    assert sent - gathered == 2 * GIBIBYTE - 8192 * 8 * (2048 + 2048) * 2


def test_compressed_attention_stands_beside_four_residual_streams() -> None:
    streamed = model("deepseek-ai/DeepSeek-V4-Flash")
    assert streamed.attention is not None
    groups = tuple(replace(group, tokens_per_entry=1) for group in streamed.attention.groups)
    plain = replace(streamed, attention=replace(streamed.attention, groups=groups))
    with_streams, without = (overhead_bytes(each, vllm(*BARE)).pessimistic_bytes for each in (streamed, plain))
    assert with_streams - without >= 3 * 2 * 8192 * 4096 * 2


def test_graphs_are_charged_to_the_budget_from_the_version_that_does_so() -> None:
    batch = BARE[1:]
    assert _most(DENSE, *batch) - _most(DENSE, *BARE) == 2 * GIBIBYTE
    assert _most(DENSE, *batch, version="0.16.0") == _most(DENSE, *BARE, version="0.16.0")


def test_the_batch_that_an_engine_takes_by_default_depends_on_the_memory_of_the_device() -> None:
    small, large = (
        _most(DENSE, "--enforce-eager", "--max-num-seqs=1", accelerator=accelerator_by_name(name))
        for name in ("l4", "h100-80gb-sxm")
    )
    assert small < large


@pytest.mark.parametrize("name", [DENSE, EXPERTS, "deepseek-ai/DeepSeek-V3", "google/gemma-3-4b-it"])
@pytest.mark.parametrize("arguments", [(), BARE, ("-tp=8",), ("--max-num-batched-tokens=64", "--max-num-seqs=8")])
def test_the_bounds_are_in_order(name: str, arguments: tuple[str, ...]) -> None:
    overhead = overhead_bytes(model(name), vllm(*arguments))
    assert 0 <= overhead.optimistic_bytes <= overhead.pessimistic_bytes


def test_at_the_least_two_tensors_of_hidden_states_are_held() -> None:
    assert overhead_bytes(model(DENSE), vllm(*BARE)).optimistic_bytes == 2 * 8192 * 4096 * 2
