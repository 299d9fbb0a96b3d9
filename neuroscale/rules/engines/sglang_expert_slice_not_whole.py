"""SGLang's slices of an expert must be whole, and whole FP8 blocks.

## What it does

Checks that the intermediate size of a routed expert divides by the ranks that share it, and that the slice of a
block-quantised FP8 expert is a whole number of blocks. In SGLang these ranks are the tensor parallel size divided
by `--ep-size` and `--moe-dp-size`; attention data parallelism does not change them. The feed-forward of a dense
model is cut over the whole tensor parallel size, and its slices have to be whole blocks too.

## Why it matters

SGLang stops while it builds the first expert layer: with a bare `AssertionError`, or `ValueError: The output_size
of gate's and up's weight = 96 is not divisible by weight quantization block_n = 128.` Qwen3-30B-A3B-FP8 does so
at `--tp 8`, although its heads and KV heads are fine. Newer vLLM refines the scales and starts; SGLang does not.

## Example

```yaml
args: ["--model-path=Qwen/Qwen3-30B-A3B-FP8", "--tp=8"]   # experts of 768: 96 a rank, blocks of 128
```

## Use instead

```yaml
args: ["--model-path=Qwen/Qwen3-30B-A3B-FP8", "--tp=8", "--ep=4"]   # 384 a rank
```

## Applies to

Mixture-of-Experts models on SGLang 0.4.6.post5 to 0.5.23, and dense models whose attention is not divided and whose
class is known to cut its heads. On AMD devices, where a padded path exists in newer releases, the blocks are a
warning. Where the version decides whether `--ep-size` alone has an effect and is not
known, nothing is said.

## References

- SGLang `layers/moe/fused_moe_triton/layer.py` and `layers/quantization/{fp8,fp8_utils}.py`, read in 0.4.6.post5 to
  0.5.23
"""

from collections.abc import Iterator

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.rules.divisibility import join_sizes
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.fp8_blocks import excludes_module
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.sglang import (
    ATTENTION_OPTIONS,
    EXPERT_OPTIONS,
    EXPERT_PARALLEL,
    TENSOR_PARALLEL,
    are_experts_spread,
    attention_copies,
    sglang_settings,
    shares_whole_heads,
    valid_tensor_parallel_sizes,
)
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import are_known, partly_read, unknown_options


def _judge(deployment: Deployment) -> Judgement:
    settings = sglang_settings(deployment)
    architecture = deployment.architecture
    if settings is None:
        return
    if architecture is not None and architecture.is_mixture_of_experts is False:
        yield from _dense_feed_forward(deployment, architecture, settings)
        return
    unknown = tuple(unknown_options(deployment, *EXPERT_OPTIONS))
    if unknown or settings.tensor_parallel_size == 1:
        yield from unknown
        return
    if architecture is None or architecture.experts is None:
        yield from partly_read(deployment)
        return
    ways = _ways(settings)
    if ways is None or settings.tensor_parallel_size % ways:
        return
    width = architecture.experts.expert_intermediate_size
    if width % ways:
        yield _violation(
            deployment,
            architecture,
            settings,
            f"the experts' intermediate size {width} is not divisible by {ways}"
            " (tensor parallel size over expert groups and copies)",
            "its expert layer fails with a bare AssertionError",
        )
        return
    block = _block(architecture, settings, "experts")
    if block is None or width // ways % block[0] == 0:
        return
    yield _violation(
        deployment,
        architecture,
        settings,
        f"a slice of a routed expert ({width} / {ways} = {width // ways}) is no whole number of FP8 blocks of "
        f"{block[0]}",
        f"\"The output_size of gate's and up's weight = {width // ways} is not divisible by weight quantization "
        f'block_n = {block[0]}."',
        severity=Severity.WARN if _may_be_padded(deployment) else None,
    )


def _dense_feed_forward(
    deployment: Deployment, architecture: ModelArchitecture, settings: EngineSettings
) -> Iterator[Violation]:
    """Yield a violation where the slices of a dense model's feed-forward are no whole blocks."""
    width, ways = architecture.dense_intermediate_size, settings.tensor_parallel_size
    block = _block(architecture, settings, "mlp", "gate_up_proj", "up_proj", "down_proj")
    if width is None or block is None or width % ways or ways == 1 or width // ways % block[0] == 0:
        return
    if attention_copies(settings) > 1 or not shares_whole_heads(architecture):
        return
    if not are_known(deployment, *ATTENTION_OPTIONS):
        return
    fitting = [
        size for size in valid_tensor_parallel_sizes(architecture, settings) if width // size % block[0] == 0
    ]
    yield Violation(
        path=option_path(deployment.workload, TENSOR_PARALLEL),
        message=(
            f"a slice of the feed-forward ({width} / {ways} = {width // ways}) is no whole number of FP8 blocks of "
            f'{block[0]}; SGLang will not start: "Weight output_partition_size = {width // ways} is not divisible '
            f'by weight quantization block_n = {block[0]}."'
        ),
        fix=f"set {TENSOR_PARALLEL} to one of {join_sizes(fitting)}",
        severity=Severity.WARN if _may_be_padded(deployment) else None,
    )


def _ways(settings: EngineSettings) -> int | None:
    """Return how many ranks share an expert; None where the version that decides it is not known."""
    spread = are_experts_spread(settings)
    if spread is None:
        return None
    return (
        settings.expert_tensor_parallel_size
        if spread or settings.expert_data_parallel_size > 1
        else (settings.tensor_parallel_size)
    )


def _block(architecture: ModelArchitecture, settings: EngineSettings, *modules: str) -> tuple[int, int] | None:
    """Return the block of the FP8 scales of modules; None where they have none, or may be left unquantised."""
    quantization = architecture.quantization
    if quantization is None or quantization.method != "fp8" or settings.quantization not in {None, "fp8"}:
        return None
    return None if excludes_module(quantization, *modules) else quantization.weight_block_size


def _may_be_padded(deployment: Deployment) -> bool:
    request = deployment.workload.accelerators
    return request is None or request.resource_name != "nvidia.com/gpu"


def _violation(
    deployment: Deployment,
    architecture: ModelArchitecture,
    settings: EngineSettings,
    message: str,
    error: str,
    severity: Severity | None = None,
) -> Violation:
    valid = valid_tensor_parallel_sizes(architecture, settings)
    return Violation(
        path=option_path(deployment.workload, TENSOR_PARALLEL, EXPERT_PARALLEL),
        message=f"{message}; SGLang will not start: {error}",
        fix=(f"set {TENSOR_PARALLEL} to one of {join_sizes(valid)}, or " if valid else "")
        + f"raise {EXPERT_PARALLEL}, which keeps experts whole",
        severity=severity,
    )


RULE = Rule(
    identifier="NS803",
    name="sglang-expert-slice-not-whole",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
