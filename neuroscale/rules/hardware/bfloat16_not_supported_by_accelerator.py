"""Bfloat16 needs an accelerator that computes in it.

## What it does

Flags a bfloat16 model on NVIDIA accelerators below compute capability 8.0 (V100, T4): where `--dtype bfloat16` asks
for it, and in old releases where `auto` follows the checkpoint.

## Why it matters

The worker stops before it loads the weights: `ValueError: Bfloat16 is only supported on GPUs with compute
capability of at least 8.0. Your Tesla T4 GPU has compute capability 7.5. You can use float16 instead by explicitly
setting the dtype flag in CLI, for example: --dtype=half.` Since 0.9.2 `--dtype auto` falls back to float16 on such
device by itself, so a manifest that says nothing starts and one that spells out the type of the checkpoint does
not.

## Example

```yaml
nodeSelector:
  nvidia.com/gpu.product: Tesla-T4
containers:
  - args: ["--model=Qwen/Qwen3-1.7B", "--dtype=bfloat16"]
```

## Use instead

```yaml
containers:
  - args: ["--model=Qwen/Qwen3-1.7B", "--dtype=half"]
```

## Applies to

vLLM, NVIDIA accelerators. Denied when the pod's own node labels name the accelerator, a warning when it is what the
cluster's nodes hold today. The type of the checkpoint counts up to 0.8.5 only; from 0.9.2 only `--dtype bfloat16`
does.

## References

- vLLM `platforms/cuda.py` (`check_if_supports_dtype`), `worker/worker.py`, and `_resolve_auto_dtype` of the model
  configuration; read in 0.8.5 to 0.33.0
"""

from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_facts import fact_holds
from neuroscale.engines.vllm_model_limits import refuses_float16
from neuroscale.rules.capabilities import (
    accelerator_names,
    best_capability,
    severity_of_accelerators,
    shown_capability,
)
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import are_known, vllm_settings

_OPTION = "--dtype"
_FIRST_WITH_BFLOAT16 = (8, 0)


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    best = best_capability(deployment)
    if settings is None or best is None or best >= _FIRST_WITH_BFLOAT16:
        return
    if not _computes_in_bfloat16(deployment, settings) or not are_known(deployment, _OPTION):
        return
    yield Violation(
        path=option_path(deployment.workload, _OPTION),
        message=(
            f"{accelerator_names(deployment)} (compute capability {shown_capability(best)}) cannot compute in "
            'bfloat16; vLLM will not start: "Bfloat16 is only supported on GPUs with compute capability of at '
            'least 8.0."'
        ),
        fix=(
            f"{_remedy(deployment, settings)}, or take an accelerator of compute capability 8.0 or more "
            "(A10, A100, L4, ...)"
        ),
        severity=severity_of_accelerators(deployment),
    )


def _computes_in_bfloat16(deployment: Deployment, settings: EngineSettings) -> bool:
    stated = (settings.data_type or "auto").lower()
    if stated != "auto":
        return stated == "bfloat16"
    architecture = deployment.architecture
    return (
        architecture is not None
        and architecture.data_type == "bfloat16"
        and fact_holds("auto-data-type-falls-back", settings.version) is False
    )


def _remedy(deployment: Deployment, settings: EngineSettings) -> str:
    architecture = deployment.architecture
    if architecture is not None and refuses_float16(architecture.model_type, settings.version):
        return f"remove {_OPTION}: vLLM takes float32 for {architecture.model_type} where there is no bfloat16"
    return f"set {_OPTION} to half"


RULE = Rule(
    identifier="NS901",
    name="bfloat16-not-supported-by-accelerator",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
