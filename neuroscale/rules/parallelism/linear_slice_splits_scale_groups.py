"""A slice of an AWQ layer must be a whole number of scale groups.

## What it does

For AWQ checkpoints, checks that what tensor parallelism leaves each rank of the input of a down projection (dense
feed-forward or shared expert) and of the attention's output projection is a multiple of the group size.

## Why it matters

In AWQ 128 neighbouring weights (or 32, or 64) share one scale. A slice that ends inside a group has no scale of its
own. vLLM leaves its fast kernel for the plain one, and that refuses: `ValueError: The input size is not aligned
with the quantized weight shape. This can be caused by too large tensor parallel size.` The unquantised model starts
with the same size.

## Example

```yaml
# 13824 / 8 = 1728 is thirteen groups of 128 and a half
args: ["--model=Qwen/Qwen2.5-14B-Instruct-AWQ", "--tensor-parallel-size=8"]
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen2.5-14B-Instruct-AWQ", "--tensor-parallel-size=4"]
```

## Applies to

vLLM on NVIDIA and AMD GPUs; checkpoints that declare `awq`, models whose modules are known by name. Modules that
the checkpoint excludes, and whatever a pattern among the exclusions may reach, are left alone.

## References

- vLLM `quantization/awq.py`, `awq_marlin.py` and `auto_awq.py`, read in 0.8.5 to 0.33.0
"""

from collections.abc import Iterator

from neuroscale.architecture.model import LinearModules, ModelArchitecture, Quantization
from neuroscale.engines.settings import EngineSettings
from neuroscale.rules.divisibility import join_sizes, valid_sizes
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.fp8_blocks import excludes_module
from neuroscale.rules.places import option_name, option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import TENSOR_PARALLEL, unknown_options, vllm_settings

# Every other value hands the checkpoint to other kernels.
_AWQ_METHODS = frozenset({None, "awq", "awq_marlin", "auto_awq"})
_GPU_RESOURCES = frozenset({"nvidia.com/gpu", "amd.com/gpu"})
# Projections whose input is cut over the ranks, by what they belong to.
_CUT_INPUTS = {
    "attention": ("o_proj", "attention's output projection"),
    "dense_feed_forward": ("down_proj", "dense feed-forward"),
    "shared_experts": ("down_proj", "shared experts"),
}


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    architecture = deployment.architecture
    request = deployment.workload.accelerators
    if settings is None or architecture is None or request is None or request.resource_name not in _GPU_RESOURCES:
        return
    quantization = architecture.quantization
    if quantization is None or quantization.method != "awq" or settings.quantization not in _AWQ_METHODS:
        return
    unknown = tuple(unknown_options(deployment, TENSOR_PARALLEL, "--quantization"))
    if unknown:
        yield from unknown
        return
    ways = settings.tensor_parallel_size
    for part, width in _split_groups(architecture, quantization, settings, ways):
        group = quantization.group_size or 0
        valid = _valid_sizes(architecture, quantization, settings)
        yield Violation(
            path=option_path(deployment.workload, TENSOR_PARALLEL),
            message=(
                f"a slice of the {part} ({width} / {ways} = {width // ways}) splits its scale groups of {group}; "
                'vLLM will not start: "The input size is not aligned with the quantized weight shape. This can be '
                'caused by too large tensor parallel size."'
            ),
            fix=(
                f"set {option_name(deployment.workload, TENSOR_PARALLEL)} to one of {join_sizes(valid)}"
                if valid
                else "serve a checkpoint that is not quantised in groups"
            ),
        )


def _split_groups(
    architecture: ModelArchitecture, quantization: Quantization, settings: EngineSettings, ways: int
) -> Iterator[tuple[str, int]]:
    """Yield each part of which a slice ends inside a group, with the width of its input."""
    group = quantization.group_size
    if group is None or group < 1 or ways == 1 or not architecture.hidden_size:
        return
    seen = set()
    for modules in architecture.linear_modules:
        part = _part(modules, quantization, settings)
        width = modules.parameters // architecture.hidden_size
        if part is None or (part, width) in seen or width % ways or (width // ways) % group == 0:
            continue
        seen.add((part, width))
        yield part, width


def _part(modules: LinearModules, quantization: Quantization, settings: EngineSettings) -> str | None:
    projection, part = _CUT_INPUTS.get(modules.component, ("", ""))
    steps = modules.name.split(".")
    if not projection or steps[-1] != projection or excludes_module(quantization, *steps):
        return None
    # Expert parallelism over data-parallel ranks keeps whole copies of the shared experts on some backends.
    if (
        modules.component == "shared_experts"
        and settings.enable_expert_parallel
        and settings.data_parallel_size > 1
    ):
        return None
    return part


def _valid_sizes(
    architecture: ModelArchitecture, quantization: Quantization, settings: EngineSettings
) -> tuple[int, ...]:
    return tuple(
        size
        for size in valid_sizes(architecture, settings)
        if not any(_split_groups(architecture, quantization, settings, size))
    )


RULE = Rule(
    identifier="NS122",
    name="linear-slice-splits-scale-groups",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
