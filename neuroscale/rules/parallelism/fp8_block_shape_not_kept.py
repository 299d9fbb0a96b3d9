"""A slice of a block-quantised FP8 layer must be a whole number of blocks.

## What it does

For checkpoints in block-wise FP8 (`weight_block_size`, usually 128 x 128), checks that the slice of an expert,
of a shared expert and of a dense feed-forward that lands on one rank is a whole number of blocks.

## Why it matters

Each block has one scale. A slice through a block has no scale of its own, and vLLM refuses it: `ValueError: The
output_size of gate's and up's weight = 192 is not divisible by weight quantization block_n = 128.` Expert
slices are small, so a size that serves the bfloat16 model fails for its FP8 twin: 1536 / 8 = 192. Data
parallelism without expert parallelism counts, because it cuts the experts as well.

From 0.29.0 vLLM refines the scales of experts to a smaller block where a common divisor of at least 32 exists.
The endpoint then starts, on a slower kernel, so there it is a warning. Below 32 every version refuses.

## Example

```yaml
image: vllm/vllm-openai:v0.28.0
args: ["--model=Qwen/Qwen3-235B-A22B-FP8", "--tensor-parallel-size=8"]   # 1536 / 8 = 192 = 1.5 blocks
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-235B-A22B-FP8", "--tensor-parallel-size=8", "--enable-expert-parallel"]   # 12 blocks
```

Expert parallelism keeps experts whole. It does not help dense or shared feed-forwards, which tensor parallelism
cuts in any case: they need a smaller tensor parallel size.

## Applies to

vLLM, checkpoints with `quant_method: fp8` and a `weight_block_size`. Experts: refused up to 0.28.0; from 0.29.0
refused below a common divisor of 32 and slower otherwise. Dense and shared layers: refused in every version, except
the shared experts of DeepSeek-V4, which vLLM pads to whole blocks from 0.24.0.
Where the image tag does not tell the version, only what every version refuses is denied. Silent on devices that a
plugin of another project serves (TPU, Gaudi, Neuron).

## References

- vLLM `quantization/fp8.py` and `fused_moe/oracle/fp8.py`, read in 0.10.2 to 0.33.0; `DeepseekV4MLP`, read in
  0.22.1 to 0.33.0
- Reports: Qwen3-235B-A22B-FP8 at 8 <https://github.com/vllm-project/vllm/issues/17569>, Qwen3-30B-A3B-FP8 at 4
  <https://github.com/vllm-project/vllm/issues/25292>
"""

from dataclasses import replace

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.rules.divisibility import (
    ParallelSize,
    fp8_outcomes,
    is_divisible,
    join_sizes,
    valid_sizes,
    with_size,
)
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.fp8_blocks import SMALLEST_REFINED_BLOCK, BlockOutcome
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import (
    DATA_PARALLEL,
    EXPERT_PARALLEL,
    PREFILL_CONTEXT_PARALLEL,
    TENSOR_PARALLEL,
    unknown_options,
    vllm_settings,
)

# Devices on which a plugin of another project brings the layers.
_PLUGIN_DEVICES = ("google.com/tpu", "habana.ai/", "aws.amazon.com/neuron", "huawei.com/")
_SIZES: tuple[tuple[str, ParallelSize], ...] = (
    (TENSOR_PARALLEL, "tensor_parallel_size"),
    (DATA_PARALLEL, "data_parallel_size"),
)


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    architecture = deployment.architecture
    if settings is None or architecture is None or architecture.quantization is None:
        return
    if architecture.quantization.weight_block_size is None or _runs_on_a_plugin(deployment):
        return
    unknown = tuple(
        unknown_options(deployment, TENSOR_PARALLEL, DATA_PARALLEL, PREFILL_CONTEXT_PARALLEL, EXPERT_PARALLEL)
    )
    if unknown:
        yield from unknown
        return
    for outcome in fp8_outcomes(architecture, settings):
        slices = f"{outcome.width} / {outcome.ways} = {outcome.shard}" if outcome.ways > 1 else f"{outcome.shard}"
        what = f"a slice of the {outcome.part} ({slices}) is no whole number of FP8 blocks of {outcome.block}"
        yield Violation(
            path=option_path(deployment.workload, DATA_PARALLEL, TENSOR_PARALLEL, PREFILL_CONTEXT_PARALLEL),
            message=f"{what}; {_consequence(outcome)}",
            fix=_fix(architecture, settings, outcome),
            severity=None if outcome.kind == "refused" else Severity.WARN,
        )


def _runs_on_a_plugin(deployment: Deployment) -> bool:
    """Whether layers of another project run the model, with formats and blocks of their own."""
    request = deployment.workload.accelerators
    return request is not None and request.resource_name.startswith(_PLUGIN_DEVICES)


def _consequence(outcome: BlockOutcome) -> str:
    if outcome.kind == "refused":
        return f'vLLM will not start: "{outcome.engine_error}"'
    refined = f"scales are refined to blocks of {outcome.common_divisor}, on a slower kernel"
    if outcome.kind == "refined":
        return refined
    return f"vLLM before 0.29.0 will not start; from 0.29.0 {refined}"


def _fix(architecture: ModelArchitecture, settings: EngineSettings, outcome: BlockOutcome) -> str:
    """Name what keeps the blocks whole; each suggestion is tried before it is made."""
    ways_out = []
    if outcome.part == "routed experts" and not settings.enable_expert_parallel:
        whole = replace(settings, enable_expert_parallel=True)
        if is_divisible(architecture, whole) and not fp8_outcomes(architecture, whole):
            ways_out.append(f"add {EXPERT_PARALLEL}, which keeps each expert whole")
    for option, size in _SIZES:
        kept = tuple(
            candidate
            for candidate in valid_sizes(architecture, settings, size)
            if not fp8_outcomes(architecture, with_size(settings, size, candidate))
        )
        if kept and (option == TENSOR_PARALLEL or settings.data_parallel_size > 1):
            ways_out.append(f"set {option} to one of {join_sizes(kept)}")
    if outcome.kind == "refused" and outcome.common_divisor >= SMALLEST_REFINED_BLOCK:
        ways_out.append("use vLLM 0.29.0 or later, which takes this slice on a slower kernel")
    return ", or ".join(ways_out) or "serve a checkpoint that is not block-quantised"


RULE = Rule(
    identifier="NS104",
    name="fp8-block-shape-not-kept",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
