"""A quantisation method needs an accelerator it was written for.

## What it does

Compares the compute capability of the named NVIDIA accelerator with the least that vLLM's method for this
checkpoint (or for `--quantization`) accepts in this version.

## Why it matters

vLLM stops while it builds its configuration: `ValueError: The quantization method modelopt is not supported for the
current GPU. Minimum capability: 89. Current capability: 80.` Whether a format runs is a matter of the release as
much as of the device: ModelOpt FP8 runs on an A100 from 0.27 on and not before, FP8 runs on a T4 from 0.14 on
(slowly), and AWQ never runs on a V100. That a device has no FP8 units is in itself no error.

## Example

```yaml
nodeSelector:
  nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB        # compute capability 8.0
containers:
  - image: vllm/vllm-openai:v0.26.0                    # wants 8.9 for this format
    args: ["--model=nvidia/Llama-3.1-70B-Instruct-FP8"]
```

## Use instead

```yaml
containers:
  - image: vllm/vllm-openai:v0.27.1
    args: ["--model=nvidia/Llama-3.1-70B-Instruct-FP8"]
```

## Applies to

vLLM 0.8.5 to 0.33.0; NVIDIA accelerators; checkpoints in FP8, ModelOpt's FP8, MXFP8 and NVFP4, MXFP4, AWQ and
torchao, the same methods given with `--quantization`, and dense models in weight-only compressed-tensors (W4A16,
W8A16: 8.0 up to 0.11.2, then 7.5). Denied when the pod's own node labels name the accelerator, a warning when it is
what the cluster's nodes hold today. Where the image tag does not tell the version, the least that any version
accepts counts.

## References

- vLLM `config/vllm.py` (`VllmConfig._get_quantization_config`), `get_min_capability` of each method and of
  `CompressedTensorsWNA16`, read in 0.8.5 to 0.33.0
- vLLM, "Supported Hardware": <https://docs.vllm.ai/en/latest/features/quantization/supported_hardware.html>
"""

from neuroscale.architecture.model import ModelArchitecture, Quantization
from neuroscale.architecture.quantization import MXFP8_BITS, NVFP4_BITS
from neuroscale.engines.vllm_quantization import minimum_compute_capability
from neuroscale.rules.capabilities import (
    accelerator_names,
    best_capability,
    severity_of_accelerators,
    shown_capability,
)
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.scale_groups import weight_only_group_size
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import NOT_READ, are_known, vllm_settings

_OPTION = "--quantization"
# vLLM's method for what a checkpoint declares. ModelOpt's depends on the algorithm, which the stored bits tell.
_METHODS = {"awq": "awq", "fbgemm_fp8": "fbgemm_fp8", "fp8": "fp8", "mxfp4": "mxfp4", "torchao": "torchao"}
_MODELOPT_METHODS = {8.0: "modelopt", NVFP4_BITS: "modelopt_fp4", MXFP8_BITS: "modelopt_mxfp8"}
# A scheme within a method, which the layers check by themselves.
_WEIGHT_ONLY_SCHEME = "compressed_tensors_wna16"
# Classes with a method of their own beside the declared one.
_TYPES_WITH_OWN_METHOD = frozenset({"deepseek_v4", "deepseek_v41"})


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    architecture = deployment.architecture
    best = best_capability(deployment)
    if settings is None or architecture is None or best is None or not are_known(deployment, _OPTION):
        return
    if architecture.model_type in _TYPES_WITH_OWN_METHOD:
        return
    declared = architecture.quantization
    method = settings.quantization if declared is None else _declared_method(architecture, declared)
    if method == _WEIGHT_ONLY_SCHEME and settings.quantization not in {None, "compressed-tensors"}:
        return
    least = None if method is None else minimum_compute_capability(method, settings.version)
    if least is None or best >= least:
        return
    request = deployment.workload.accelerators
    unread = f", {NOT_READ}" if settings.version is None else ""
    yield Violation(
        path=request.path if request else deployment.workload.container_path,
        message=(
            f"{accelerator_names(deployment)} has compute capability {shown_capability(best)} and the quantisation "
            f'{method} needs {shown_capability(least)}; vLLM will not start{unread}: "{_refusal(method or "")}"'
        ),
        fix=_fix(method or "", best, least),
        severity=severity_of_accelerators(deployment),
    )


def _refusal(method: str) -> str:
    if method == _WEIGHT_ONLY_SCHEME:
        return "Quantization scheme is not supported for the current GPU."
    return f"The quantization method {method} is not supported for the current GPU."


def _declared_method(architecture: ModelArchitecture, quantization: Quantization) -> str | None:
    # In a mixture the scheme may be that of the experts alone, which have kernels of their own.
    is_linear = architecture.is_mixture_of_experts is False and not quantization.targets
    if is_linear and weight_only_group_size(quantization) is not None:
        return _WEIGHT_ONLY_SCHEME
    if quantization.method == "modelopt":
        return _MODELOPT_METHODS.get(quantization.weight_bits or 0.0)
    return _METHODS.get(quantization.method)


def _fix(method: str, best: tuple[int, int], least: tuple[int, int]) -> str:
    ways_out = [f"take an accelerator of compute capability {shown_capability(least)} or more"]
    lowest = minimum_compute_capability(method, None)
    if lowest is not None and lowest <= best:
        ways_out.append("use a newer vLLM, which runs this format here")
    ways_out.append("serve a checkpoint of another format")
    return ", or ".join(ways_out)


RULE = Rule(
    identifier="NS902",
    name="quantization-not-supported-by-accelerator",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
