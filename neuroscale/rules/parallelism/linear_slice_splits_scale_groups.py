"""A slice of a quantised layer must be a whole number of scale groups.

## What it does

For AWQ, weight-only compressed-tensors (W4A16, W8A16), NVFP4 and MXFP8 checkpoints, and for `--quantization mxfp8`
and `mxfp4` while loading, checks that what tensor parallelism leaves each rank of the input of a down projection
(dense feed-forward or shared expert) and of the attention's output projection is a multiple of the group size.

## Why it matters

In these formats 128 neighbouring weights (or 64, 32, 16) share one scale. A slice that ends inside a group has no
scale of its own, and vLLM refuses it while it builds the model: `ValueError: The input size is not aligned with the
quantized weight shape. This can be caused by too large tensor parallel size.` (AWQ), or `Weight
input_size_per_partition=448 for layer 'model.layers.0.mlp.down_proj' is not divisible by group_size=128.`
(compressed-tensors). The unquantised model starts with the same size.

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

vLLM on NVIDIA and AMD GPUs, models whose modules are known by name. `awq` and ModelOpt's NVFP4 and MXFP8: every
version. `compressed-tensors`: denied from 0.30.0 on; a warning before, where a checkpoint in activation order was
exempt, and where the image tag does not tell the version. `--quantization mxfp8` on a checkpoint that declares
nothing: from 0.19.0; `mxfp4`: from 0.28.0. Modules that the checkpoint excludes, whatever a pattern among the
exclusions may reach, and checkpoints that are quantised in named modules alone are left out.

## References

- vLLM `quantization/awq.py`, `awq_marlin.py`, `auto_awq.py`, `compressed_tensors_wNa16.py` and `modelopt.py`, read
  in 0.8.5 to 0.33.0; `online/mxfp8.py` and `online/mxfp4.py`, read in 0.19.0 to 0.33.0
"""

from collections.abc import Iterator

from neuroscale.architecture.model import LinearModules, ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.rules.divisibility import join_sizes, valid_sizes
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.fp8_blocks import excludes_module
from neuroscale.rules.places import option_name, option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.scale_groups import ScaleGroup, scale_group
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import TENSOR_PARALLEL, unknown_options, vllm_settings

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
    group = scale_group(architecture.quantization, settings)
    if group is None:
        return
    unknown = tuple(unknown_options(deployment, TENSOR_PARALLEL, "--quantization"))
    if unknown:
        yield from unknown
        return
    ways = settings.tensor_parallel_size
    for part, width in _split_groups(architecture, group, settings, ways):
        valid = _valid_sizes(architecture, group, settings)
        yield Violation(
            path=option_path(deployment.workload, TENSOR_PARALLEL),
            message=(
                f"a slice of the {part} ({width} / {ways} = {width // ways}) splits its scale groups of "
                f"{group.weights}; {group.unless}vLLM will not start: {group.refusal.format(slice=width // ways)}"
            ),
            fix=(
                f"set {option_name(deployment.workload, TENSOR_PARALLEL)} to one of {join_sizes(valid)}"
                if valid
                else "serve a checkpoint that is not quantised in groups"
            ),
            severity=None if group.is_certain else Severity.WARN,
        )


def _split_groups(
    architecture: ModelArchitecture, group: ScaleGroup, settings: EngineSettings, ways: int
) -> Iterator[tuple[str, int]]:
    """Yield each part of which a slice ends inside a group, with the width of its input."""
    if ways == 1 or not architecture.hidden_size:
        return
    seen = set()
    for modules in architecture.linear_modules:
        part = _part(modules, architecture, settings)
        width = modules.parameters // architecture.hidden_size
        if part is None or (part, width) in seen or width % ways or (width // ways) % group.weights == 0:
            continue
        seen.add((part, width))
        yield part, width


def _part(modules: LinearModules, architecture: ModelArchitecture, settings: EngineSettings) -> str | None:
    projection, part = _CUT_INPUTS.get(modules.component, ("", ""))
    steps = modules.name.split(".")
    quantization = architecture.quantization
    if not projection or steps[-1] != projection:
        return None
    if quantization is not None and excludes_module(quantization, *steps):
        return None
    # Expert parallelism over data-parallel ranks keeps whole copies of the shared experts on some backends.
    if (
        modules.component == "shared_experts"
        and settings.enable_expert_parallel
        and settings.data_parallel_size > 1
    ):
        return None
    return part


def _valid_sizes(architecture: ModelArchitecture, group: ScaleGroup, settings: EngineSettings) -> tuple[int, ...]:
    return tuple(
        size
        for size in valid_sizes(architecture, settings)
        if not any(_split_groups(architecture, group, settings, size))
    )


RULE = Rule(
    identifier="NS122",
    name="linear-slice-splits-scale-groups",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
