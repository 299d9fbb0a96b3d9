"""A slice of a group-quantised expert must be a whole number of scale groups.

## What it does

Checks that the intermediate size of a routed expert, divided over the ranks that share it, is a multiple of the
group size of a weight-only integer checkpoint of compressed-tensors (W4A16, W8A16).

## Why it matters

In these checkpoints 32, 64 or 128 neighbouring weights share one scale. A slice that ends inside a group has no
scale of its own, and vLLM stops: `ValueError: CompressedTensors WNA16 MoE with static group scales requires the MoE
intermediate size per tensor-parallel partition (192) to be divisible by group_size (128).` Earlier releases
started. Data parallelism cuts experts as well as tensor parallelism does; with expert parallelism they stay whole.

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
in activation order was exempt, and where the image tag does not tell the version.

## References

- vLLM `compressed_tensors_moe_wna16.py` and `compressed_tensors_moe_wna16_marlin.py`, read in 0.22.1 to 0.33.0
"""

from packaging.version import Version

from neuroscale.architecture.model import Quantization
from neuroscale.engines.vllm_facts import fact_holds
from neuroscale.rules.divisibility import expert_tensor_parallel_size
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.fp8_blocks import excludes_module
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import (
    DATA_PARALLEL,
    EXPERT_PARALLEL,
    PREFILL_CONTEXT_PARALLEL,
    TENSOR_PARALLEL,
    are_known,
    vllm_settings,
)

_FIRST_WITHOUT_EXEMPTION = Version("0.30.0")
_HALF_BITS = 16


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    architecture = deployment.architecture
    if settings is None or architecture is None or architecture.experts is None:
        return
    quantization = architecture.quantization
    group = None if quantization is None else _weight_only_group_size(quantization)
    is_checked = fact_holds("wna16-group-size-checked", settings.version)
    if quantization is None or group is None or is_checked is False:
        return
    width = architecture.experts.expert_intermediate_size
    ways = expert_tensor_parallel_size(architecture, settings)
    if ways == 1 or width % ways or (width // ways) % group == 0 or excludes_module(quantization, "experts"):
        return
    if not are_known(
        deployment, TENSOR_PARALLEL, DATA_PARALLEL, PREFILL_CONTEXT_PARALLEL, EXPERT_PARALLEL, "--quantization"
    ):
        return
    slice_width = width // ways
    subject = _outcome(settings.version)
    valid = [size for size in range(2, ways) if ways % size == 0 and (width // size) % group == 0]
    fix = f"add {EXPERT_PARALLEL}, which keeps each expert whole"
    yield Violation(
        path=option_path(deployment.workload, DATA_PARALLEL, TENSOR_PARALLEL),
        message=(
            f"a slice of the routed experts ({width} / {ways} = {slice_width}) splits their scale groups of "
            f'{group}; {subject}: "... intermediate size per tensor-parallel partition ({slice_width}) to be '
            f'divisible by group_size ({group})."'
        ),
        fix=f"{fix}, or share each expert over {' or '.join(map(str, valid))} ranks" if valid else fix,
        severity=None if _is_certain(settings.version) else Severity.WARN,
    )


def _is_certain(version: Version | None) -> bool:
    return version is not None and version >= _FIRST_WITHOUT_EXEMPTION


def _outcome(version: Version | None) -> str:
    if version is None:
        return "vLLM 0.24.0 and later will not start"
    exemption = "" if _is_certain(version) else " unless the weights are in activation order"
    return f"vLLM will not start{exemption}"


def _weight_only_group_size(quantization: Quantization) -> int | None:
    """Return the group size of integer weights with 16-bit activations, None for any other format.

    The stored bits tell: integers have a 16-bit scale per group, and a zero point if they are asymmetric; the
    formats with floating-point weights have a scale of 8 bits.
    """
    group, stored = quantization.group_size, quantization.weight_bits
    if quantization.method != "compressed-tensors" or group is None or stored is None:
        return None
    if quantization.activation_scheme is not None or quantization.groups:
        return None
    is_integer = any(stored in {bits + _HALF_BITS / group, bits + (_HALF_BITS + bits) / group} for bits in (4, 8))
    return group if is_integer else None


RULE = Rule(
    identifier="NS112",
    name="expert-slice-splits-scale-groups",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
