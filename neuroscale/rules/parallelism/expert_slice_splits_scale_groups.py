"""A slice of a group-quantised expert must be a whole number of scale groups.

## What it does

Checks that the intermediate size of a routed expert, divided over the ranks that share it, is a multiple of the
group size of a weight-only integer checkpoint of compressed-tensors (W4A16, W8A16). For AWQ and GPTQ, whose groups
vLLM halves until they fit, that a group of at least 32 fits.

## Why it matters

In these checkpoints 32, 64 or 128 neighbouring weights share one scale. A slice that ends inside a group has no
scale of its own, and vLLM stops: `ValueError: CompressedTensors WNA16 MoE with static group scales requires the MoE
intermediate size per tensor-parallel partition (192) to be divisible by group_size (128).` Earlier releases
started. In AWQ and GPTQ checkpoints the plain kernel takes over and stops with a bare `AssertionError` where no
group of 32 or more fits. Data parallelism cuts experts as well as tensor parallelism does; with expert parallelism
they stay whole.

## Example

```yaml
# experts of 768 in groups of 128: 768 / 4 = 192 is one group and a half
args: ["--model=acme/Qwen3-30B-A3B-W4A16", "--tensor-parallel-size=4"]
```

## Use instead

```yaml
args: ["--model=acme/Qwen3-30B-A3B-W4A16", "--tensor-parallel-size=4", "--enable-expert-parallel"]
```

## Applies to

Mixture-of-Experts models on vLLM 0.24.0 and later: denied from 0.30.0 on; a warning from 0.24.0, where a checkpoint
in activation order was exempt, and where the image tag does not tell the version. AWQ on
NVIDIA and AMD GPUs: every version; GPTQ as a warning.

## References

- vLLM `compressed_tensors_moe_wna16.py` and `compressed_tensors_moe_wna16_marlin.py`, read in 0.22.1 to 0.33.0
- vLLM `quantization/moe_wna16.py` and `utils/marlin_utils.py` (`check_moe_marlin_supports_layer`), read in 0.8.5 to
  0.33.0
"""

from packaging.version import Version

from neuroscale.architecture.model import ModelArchitecture, Quantization
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_facts import fact_holds
from neuroscale.rules.divisibility import expert_tensor_parallel_size
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.fp8_blocks import excludes_module
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.scale_groups import takes_activation_order, weight_only_group_size
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import (
    DATA_PARALLEL,
    EXPERT_PARALLEL,
    PREFILL_CONTEXT_PARALLEL,
    TENSOR_PARALLEL,
    are_known,
    vllm_settings,
)

# Formats whose groups the plain kernel halves, with the values of --quantization that lead to it.
_HALVED = {
    "awq": frozenset({None, "auto_awq", "awq_marlin"}),
    "gptq": frozenset({None, "auto_gptq", "gptq_marlin"}),
}
_GROUPS = frozenset({32, 64, 128})
_SMALLEST_GROUP = 32
_GPU_RESOURCES = frozenset({"nvidia.com/gpu", "amd.com/gpu"})
_OPTIONS = (TENSOR_PARALLEL, DATA_PARALLEL, PREFILL_CONTEXT_PARALLEL, EXPERT_PARALLEL, "--quantization")


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    architecture = deployment.architecture
    if settings is None or architecture is None or architecture.experts is None:
        return
    quantization = architecture.quantization
    if quantization is None or quantization.targets or excludes_module(quantization, "experts"):
        return
    width = architecture.experts.expert_intermediate_size
    ways = expert_tensor_parallel_size(architecture, settings)
    if ways == 1 or width % ways or not are_known(deployment, *_OPTIONS):
        return
    if quantization.method in _HALVED:
        yield from _halved_groups(deployment, architecture, settings, ways)
    else:
        yield from _whole_groups(deployment, quantization, settings, width, ways)


def _whole_groups(
    deployment: Deployment, quantization: Quantization, settings: EngineSettings, width: int, ways: int
) -> Judgement:
    """Yield where a slice is no whole number of the groups of compressed-tensors."""
    group = weight_only_group_size(quantization)
    is_checked = fact_holds("wna16-group-size-checked", settings.version)
    if group is None or is_checked is False or (width // ways) % group == 0:
        return
    slice_width = width // ways
    subject = _outcome(settings.version)
    yield Violation(
        path=option_path(deployment.workload, DATA_PARALLEL, TENSOR_PARALLEL),
        message=(
            f"a slice of the routed experts ({width} / {ways} = {slice_width}) splits their scale groups of "
            f'{group}; {subject}: "... intermediate size per tensor-parallel partition ({slice_width}) to be '
            f'divisible by group_size ({group})."'
        ),
        fix=_fix(width, ways, group),
        severity=Severity.WARN if takes_activation_order(settings.version) else None,
    )


def _halved_groups(
    deployment: Deployment, architecture: ModelArchitecture, settings: EngineSettings, ways: int
) -> Judgement:
    """Yield where no group that the plain kernel of AWQ and GPTQ takes divides a slice."""
    quantization, experts, hidden = architecture.quantization, architecture.experts, architecture.hidden_size
    request = deployment.workload.accelerators
    if quantization is None or experts is None or not hidden or quantization.groups:
        return
    if request is None or request.resource_name not in _GPU_RESOURCES:
        return
    group = quantization.group_size
    width = experts.expert_intermediate_size
    slice_width = width // ways
    if group not in _GROUPS or settings.quantization not in _HALVED[quantization.method]:
        return
    if hidden % group or slice_width % _SMALLEST_GROUP == 0:
        return
    # How a GPTQ checkpoint leaves modules out is not part of the architecture.
    unless = "unless its `dynamic` settings leave them unquantised, " if quantization.method == "gptq" else ""
    yield Violation(
        path=option_path(deployment.workload, DATA_PARALLEL, TENSOR_PARALLEL),
        message=(
            f"a slice of the routed experts ({width} / {ways} = {slice_width}) splits their scale groups of {group}"
            f" and every smaller one down to {_SMALLEST_GROUP}; {unless}vLLM will not start: a bare AssertionError"
        ),
        fix=_fix(width, ways, _SMALLEST_GROUP),
        severity=Severity.WARN if unless else None,
    )


def _fix(width: int, ways: int, group: int) -> str:
    valid = [size for size in range(2, ways) if ways % size == 0 and (width // size) % group == 0]
    fix = f"add {EXPERT_PARALLEL}, which keeps each expert whole"
    return f"{fix}, or share each expert over {' or '.join(map(str, valid))} ranks" if valid else fix


def _outcome(version: Version | None) -> str:
    if version is None:
        return "vLLM 0.24.0 and later will not start"
    exemption = " unless the weights are in activation order" if takes_activation_order(version) else ""
    return f"vLLM will not start{exemption}"


RULE = Rule(
    identifier="NS112",
    name="expert-slice-splits-scale-groups",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
