"""What becomes of the blocks of an FP8 checkpoint when its feed-forward layers are cut over the ranks.

A block-quantised FP8 weight carries one scale per block, usually 128 x 128. A cut through a block leaves a shard
whose scales no kernel can address. Sources: vLLM 0.10.2 to 0.28.0 `quantization/fp8.py` (refuses), 0.29.0 to
0.33.0 `fused_moe/oracle/fp8.py` (refines the scales of expert weights when the common divisor allows it).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from packaging.version import Version

from neuroscale.architecture.model import ModelArchitecture, Quantization
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_facts import fact_holds

# The smallest block that the expert kernels of newer releases take once the scales are refined.
SMALLEST_REFINED_BLOCK = 32
_TYPES_WITH_PADDED_SHARED_EXPERTS = frozenset({"deepseek_v4", "deepseek_v41"})

# Patterns that end so reach a router, the head or the attention, and no linear layer of a feed-forward. A regular
# expression has to say that its end is the name's.
_ENDS_BESIDE_FEED_FORWARDS = (".gate", ".router", ".shared_expert_gate", ".self_attn", "lm_head")
_REGULAR_ENDS_BESIDE_FEED_FORWARDS = tuple(f"{end}$" for end in _ENDS_BESIDE_FEED_FORWARDS)

BlockOutcomeKind = Literal["refused", "refined", "depends on the version"]


@dataclass(frozen=True, slots=True)
class BlockOutcome:
    """What one kind of layer meets whose shard is no whole number of blocks.

    Attributes:
        kind: "refused" (the engine does not start), "refined" (it starts on a slower kernel) or neither certain.
        part: "routed experts", "shared experts" or "dense feed-forward".
        width: Intermediate size before it is cut.
        ways: Into how many shards it is cut.
        shard: Intermediate size of one shard.
        block: The side of the block that the shard breaks.
        common_divisor: Largest block that fits both the checkpoint's blocks and the shard; 0 where it is of no use.
        engine_error: The engine's own words when it refuses.
    """

    kind: BlockOutcomeKind
    part: str
    width: int
    ways: int
    shard: int
    block: int
    common_divisor: int
    engine_error: str


def judge_fp8_blocks(
    architecture: ModelArchitecture, settings: EngineSettings, expert_ways: int
) -> tuple[BlockOutcome, ...]:
    """Return an outcome per kind of layer whose blocks are not kept; nothing for other quantisations.

    Args:
        architecture: The model.
        settings: How it is served.
        expert_ways: Into how many shards the width of each routed expert is cut.
    """
    quantization = architecture.quantization
    if quantization is None or quantization.method != "fp8" or quantization.weight_block_size is None:
        return ()
    if settings.quantization not in {None, "fp8"}:
        return ()
    return (
        *_routed_experts(architecture, quantization, quantization.weight_block_size, settings.version, expert_ways),
        *_parallel_layers(architecture, quantization, quantization.weight_block_size, settings),
    )


def _routed_experts(
    architecture: ModelArchitecture,
    quantization: Quantization,
    block_size: tuple[int, int],
    version: Version | None,
    ways: int,
) -> Iterator[BlockOutcome]:
    experts = architecture.experts
    if experts is None or excludes_module(quantization, "experts"):
        return
    width = experts.expert_intermediate_size
    if width % ways:
        return
    block_rows, block_columns = block_size
    shard = width // ways
    if shard % block_rows:
        block = block_rows
        error = (
            f"The output_size of gate's and up's weight = {shard} is not divisible by weight quantization "
            f"block_n = {block_rows}."
        )
    elif ways > 1 and shard % block_columns:
        block = block_columns
        error = (
            f"The input_size of down's weight = {shard} is not divisible by weight quantization "
            f"block_k = {block_columns}."
        )
    else:
        return
    common_divisor = math.gcd(block_rows, block_columns, shard, architecture.hidden_size or 0)
    yield BlockOutcome(
        kind=_expert_outcome(version, common_divisor),
        part="routed experts",
        width=width,
        ways=ways,
        shard=shard,
        block=block,
        common_divisor=common_divisor,
        engine_error=error,
    )


def _expert_outcome(version: Version | None, common_divisor: int) -> BlockOutcomeKind:
    if common_divisor < SMALLEST_REFINED_BLOCK:
        return "refused"
    must_be_whole = fact_holds("fp8-block-shard-must-be-whole-blocks", version)
    if must_be_whole is None:
        return "depends on the version"
    return "refused" if must_be_whole else "refined"


def _parallel_layers(
    architecture: ModelArchitecture,
    quantization: Quantization,
    block_size: tuple[int, int],
    settings: EngineSettings,
) -> Iterator[BlockOutcome]:
    """Yield for the feed-forwards that tensor parallelism cuts, with or without expert parallelism."""
    ways = settings.tensor_parallel_size
    parameters = architecture.parameters
    if (
        ways == 1
        or parameters is None
        or excludes_module(quantization, "mlp", "gate_up_proj", "up_proj", "down_proj")
    ):
        return
    widths: list[tuple[str, int]] = []
    if parameters.dense_feed_forward and architecture.dense_intermediate_size:
        widths.append(("dense feed-forward", architecture.dense_intermediate_size))
    # Expert parallelism over data-parallel ranks keeps whole copies of the shared experts on some backends.
    copies_shared_experts = settings.enable_expert_parallel and settings.data_parallel_size > 1
    experts = architecture.experts
    if (
        experts is not None
        and experts.shared_intermediate_size
        and not copies_shared_experts
        and not _may_pad_shared_experts(architecture, settings.version)
        and not excludes_module(quantization, "shared_experts", "shared_expert")
    ):
        widths.append(("shared experts", experts.shared_intermediate_size))
    for part, width in widths:
        if width % ways:
            continue
        shard = width // ways
        refusal = _parallel_refusal(shard, block_size, settings.version)
        if refusal is not None:
            block, error = refusal
            yield BlockOutcome("refused", part, width, ways, shard, block, 0, error)


def _may_pad_shared_experts(architecture: ModelArchitecture, version: Version | None) -> bool:
    """Whether slices of the shared experts may be rounded up to whole blocks, as newer DeepSeek-V4 code does."""
    return (
        architecture.model_type in _TYPES_WITH_PADDED_SHARED_EXPERTS
        and fact_holds("deepseek-v4-shared-experts-need-whole-fp8-blocks", version) is not True
    )


def _parallel_refusal(shard: int, block_size: tuple[int, int], version: Version | None) -> tuple[int, str] | None:
    """Return the side of the block that a slice breaks and the engine's error; None where it may be taken."""
    block_rows, block_columns = block_size
    if shard % block_rows and fact_holds("merged-columns-need-whole-fp8-blocks", version) is True:
        return block_rows, (
            f"Weight output_partition_size = {shard} is not divisible by weight quantization "
            f"block_n = {block_rows}."
        )
    if shard % block_columns:
        return block_columns, (
            f"Weight input_size_per_partition = {shard} is not divisible by weight quantization "
            f"block_k = {block_columns}."
        )
    return None


def excludes_module(quantization: Quantization, *modules: str) -> bool:
    """Whether the checkpoint may keep a kind of module in its original precision.

    A pattern is taken to reach any module unless its end says otherwise: a wrong guess only makes a rule silent.
    """
    excluded = _excluded_modules(quantization.excluded_modules)
    return excluded.has_open_pattern or not excluded.last_steps.isdisjoint(modules)


@dataclass(frozen=True, slots=True)
class _ExcludedModules:
    """The last step of each excluded dotted name, and whether there are patterns that may reach any module."""

    last_steps: frozenset[str]
    has_open_pattern: bool


# Checkpoints name up to a thousand modules one by one, and every rule about their blocks asks again.
@lru_cache(maxsize=256)
def _excluded_modules(names: tuple[str, ...]) -> _ExcludedModules:
    return _ExcludedModules(
        last_steps=frozenset(name.rpartition(".")[2] for name in names),
        has_open_pattern=any(_may_reach_any_module(name) for name in names),
    )


def _may_reach_any_module(name: str) -> bool:
    if name.startswith("re:"):
        return not name.endswith(_REGULAR_ENDS_BESIDE_FEED_FORWARDS)
    return "*" in name and not name.endswith(_ENDS_BESIDE_FEED_FORWARDS)
