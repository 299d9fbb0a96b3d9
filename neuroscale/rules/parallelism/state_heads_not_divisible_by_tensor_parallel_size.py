"""Tensor parallelism must divide the heads and the groups of a recurrent state.

## What it does

Checks that the tensor parallel size divides the heads of the state of Mamba-2, gated delta net and Kimi delta
attention layers, and the groups of Mamba-2 heads, unless there is a single group, which every rank then copies.

## Why it matters

Hybrid models have two sorts of heads. Nemotron-3 Nano has 32 attention heads and 64 state heads, so 16 and 32 look
like good sizes, but its Mamba-2 layers share their matrices in 8 groups, and vLLM stops while it builds the model:
`AssertionError: If tensor parallel world size does not divide num_groups, then num_groups must equal 1.`

## Example

```yaml
args: ["--model=nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "--tensor-parallel-size=16"]   # 8 groups
```

## Use instead

```yaml
args: ["--model=nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "--tensor-parallel-size=8"]
```

## Applies to

vLLM on NVIDIA and AMD GPUs. Mamba-2: every version that was read; a quantised model with a single group takes one
rank alone from 0.11.0 to 0.15.1. Delta nets: 0.10.2 and later. Kimi delta attention: 0.11.2 and later. Silent where
the attention heads are not divided either, which NS101 and NS102 say.

## References

- vLLM `layers/mamba/mamba_mixer2.py` (`MambaMixer2`) and `layers/mamba/mamba_utils.py`
  (`MambaStateShapeCalculator`), read in 0.8.5 to 0.33.0
"""

from collections.abc import Iterator

from packaging.version import Version

from neuroscale.architecture.model import AttentionGroup, ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_facts import fact_holds
from neuroscale.rules.divisibility import join_sizes, shares_heads_evenly, valid_sizes
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_name, option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import TENSOR_PARALLEL, are_known, vllm_settings

_GPU_RESOURCES = frozenset({"nvidia.com/gpu", "amd.com/gpu"})
_FIRST_WITH_DELTA_NETS = Version("0.11.2")
_UNDIVIDED_GROUPS = "If tensor parallel world size does not divide num_groups, then num_groups must equal 1."
_QUANTISED_GROUP = (
    "Tensor parallel currently supported for quantized models only "
    "if tensor parallel world size divides num groups."
)


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    architecture = deployment.architecture
    request = deployment.workload.accelerators
    if settings is None or architecture is None or request is None or request.resource_name not in _GPU_RESOURCES:
        return
    size = settings.tensor_parallel_size
    if size == 1 or not are_known(deployment, TENSOR_PARALLEL) or not shares_heads_evenly(architecture, size):
        return
    for undivided in _undivided(architecture, settings, size):
        valid = [
            each
            for each in valid_sizes(architecture, settings)
            if not any(_undivided(architecture, settings, each))
        ]
        yield Violation(
            path=option_path(deployment.workload, TENSOR_PARALLEL),
            message=f"tensor parallel size {size} does not divide {undivided}",
            fix=f"set {option_name(deployment.workload, TENSOR_PARALLEL)} to one of {join_sizes(valid)}",
        )


def _undivided(architecture: ModelArchitecture, settings: EngineSettings, size: int) -> Iterator[str]:
    """Yield what a size does not divide, with the engine's own words, once for all layers alike."""
    groups = architecture.attention.groups if architecture.attention is not None else ()
    seen = set()
    for group in groups:
        if (group.state_heads, group.state_groups) in seen or not group.state_heads or size == 1:
            continue
        seen.add((group.state_heads, group.state_groups))
        yield from (
            _of_mamba2(group, architecture, settings, size)
            if group.state_groups
            else _of_delta_net(group, settings, size)
        )


def _of_mamba2(
    group: AttentionGroup, architecture: ModelArchitecture, settings: EngineSettings, size: int
) -> Iterator[str]:
    heads, groups = group.state_heads, group.state_groups
    if heads % size:
        refusal = "Tensor parallel world size must divide num heads."
        yield f'the {heads} heads of the Mamba-2 layers; vLLM will not start: "{refusal}"'
    elif groups != 1 and groups % size:
        yield f'the {groups} groups of the Mamba-2 layers; vLLM will not start: "{_UNDIVIDED_GROUPS}"'
    elif groups == 1 and _is_quantised(architecture, settings) and _refuses_quantised_group(settings.version):
        yield f'the single group of the quantised Mamba-2 layers; vLLM will not start: "{_QUANTISED_GROUP}"'


def _of_delta_net(group: AttentionGroup, settings: EngineSettings, size: int) -> Iterator[str]:
    heads = group.state_heads
    is_read = settings.version is None or settings.version >= _FIRST_WITH_DELTA_NETS
    if heads % size and is_read:
        yield (
            f"the {heads} state heads of the linear attention; vLLM will not start: "
            f'"AssertionError: {heads} is not divisible by {size}", or a bare AssertionError'
        )


def _is_quantised(architecture: ModelArchitecture, settings: EngineSettings) -> bool:
    return architecture.quantization is not None or settings.quantization is not None


def _refuses_quantised_group(version: Version | None) -> bool:
    return fact_holds("mamba2-quantised-single-group-takes-one-rank", version) is True


RULE = Rule(
    identifier="NS114",
    name="state-heads-not-divisible-by-tensor-parallel-size",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
