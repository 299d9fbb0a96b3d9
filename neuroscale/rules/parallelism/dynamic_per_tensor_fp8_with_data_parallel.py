"""Dynamic per-tensor FP8 experts break under data parallelism.

## What it does

Flags Mixture-of-Experts models with data-parallel ranks whose experts compute with one dynamic FP8 scale per
tensor: weights quantised online with `--quantization fp8` or `fp8_per_tensor`, or an FP8 checkpoint with
`activation_scheme: dynamic` and no `weight_block_size`.

## Why it matters

The pod starts, becomes ready and fails with the first requests. The default dispatch gathers the activations of all
ranks after they were quantised, and takes the one scale of each rank for a row per token: different numbers of
tokens on the ranks end in an `AssertionError`, equal numbers give a kernel two scales where it takes one, and the
answers are silently wrong. Expert parallelism makes no difference.

## Example

```yaml
args: ["--model=Qwen/Qwen3-30B-A3B", "--data-parallel-size=2", "--quantization=fp8"]
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-30B-A3B", "--data-parallel-size=2", "--quantization=fp8_per_block"]
# or "--tensor-parallel-size=2" instead of data parallelism
```

## Applies to

vLLM 0.17.1 to 0.33.0 with the default `--all2all-backend`, on accelerators of compute capability 8.9 and more;
below that FP8 weights are unpacked and activations are not quantised. A warning where the version or the
accelerator is not known. FP8 blocks, per-channel and static FP8 are not affected.

## References

- vLLM issue 38999 and pull request 54683: <https://github.com/vllm-project/vllm/issues/38999>
- vLLM `fused_moe/prepare_finalize/naive_dp_ep.py` and the all-gather of the device communicator; these functions of
  0.17.1, 0.19.0, 0.20.2, 0.23.0, 0.25.1, 0.28.0 and 0.30.0 to 0.33.0 were run
"""

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_facts import fact_holds
from neuroscale.rules.capabilities import best_capability, severity_of_accelerators
from neuroscale.rules.divisibility import engine_sees_experts
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import DATA_PARALLEL, are_known, vllm_settings

_ALL_TO_ALL, _QUANTIZATION = "--all2all-backend", "--quantization"
_ONLINE = frozenset({"fp8", "fp8_per_tensor"})
_FIRST_WITH_FP8_UNITS = (8, 9)
# A backend chosen by hand may quantise after the dispatch.
_OTHER_PATHS = frozenset({"--moe-backend", "--quantization-config"})


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    architecture = deployment.architecture
    if settings is None or architecture is None or settings.data_parallel_size == 1:
        return
    breaks = fact_holds("dynamic-per-tensor-fp8-breaks-data-parallel-moe", settings.version)
    if not engine_sees_experts(architecture) or (breaks is None and settings.version is not None):
        return
    if not _is_dynamic_per_tensor(architecture, settings) or not _is_default_path(settings):
        return
    best = best_capability(deployment)
    if best is not None and best < _FIRST_WITH_FP8_UNITS:
        return
    if not are_known(deployment, DATA_PARALLEL, _ALL_TO_ALL, _QUANTIZATION):
        return
    is_certain = breaks and best is not None
    versions = "" if breaks else " in vLLM 0.17.1 to 0.33.0"
    yield Violation(
        path=option_path(deployment.workload, DATA_PARALLEL, _QUANTIZATION),
        message=(
            "experts with one dynamic FP8 scale per tensor fail under data parallelism: the first requests"
            f"{versions} end in an AssertionError of all_gather, or in wrong answers (vLLM issue 38999)"
        ),
        fix=_fix(architecture),
        severity=severity_of_accelerators(deployment) if is_certain else Severity.WARN,
    )


def _is_dynamic_per_tensor(architecture: ModelArchitecture, settings: EngineSettings) -> bool:
    declared = architecture.quantization
    if declared is None:
        return settings.quantization in _ONLINE
    return (
        declared.method == "fp8"
        and declared.activation_scheme == "dynamic"
        and declared.weight_block_size is None
        and not declared.groups
    )


def _is_default_path(settings: EngineSettings) -> bool:
    if settings.gives_any(_OTHER_PATHS) or settings.may_have_variable("VLLM_BATCH_INVARIANT"):
        return False
    if settings.environment.get("VLLM_BATCH_INVARIANT", "0") != "0":
        return False
    return settings.options.get(_ALL_TO_ALL, "allgather_reducescatter") == "allgather_reducescatter"


def _fix(architecture: ModelArchitecture) -> str:
    tensor = "use tensor parallelism instead of data parallelism"
    if architecture.quantization is None:
        return f"set {_QUANTIZATION} to fp8_per_block (vLLM 0.20.2 and later), or {tensor}"
    return f"serve a checkpoint with FP8 blocks or a scale per channel, or {tensor}"


RULE = Rule(
    identifier="NS111",
    name="dynamic-per-tensor-fp8-with-data-parallel",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
