"""The quantisation of a checkpoint is not a matter of choice.

## What it does

Compares `--quantization` with the method that the checkpoint declares, where vLLM has no way from one to the other,
and `--dtype` with what the method computes in. Warns of a method that reads its settings from the checkpoint where
`config.json` declares nothing.

## Why it matters

vLLM reads the method from the checkpoint by itself; the option can only agree or contradict. Names mislead: an
"AWQ" or "FP8" checkpoint of llm-compressor declares `compressed-tensors`, and with `--quantization awq` vLLM stops:
`ValueError: Quantization method specified in the model config (compressed-tensors) does not match the quantization
method specified in the quantization argument (awq).` FP8, AWQ and GPTQ kernels compute in 16 bits: `torch.float32
is not supported for quantization method fp8.`

## Example

```yaml
args: ["--model=Qwen/Qwen3-32B-FP8", "--quantization=compressed-tensors"]   # declares "fp8"
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-32B-FP8"]
```

## Applies to

vLLM 0.8.5 to 0.33.0, checkpoints that declare `awq`, `compressed-tensors`, `fp8` or `gptq`. Kernels of the
same format (`gptq_marlin` for `gptq`), methods that take several formats (`humming`, `moe_wna16`, `gguf`) and
ModelOpt's, which vLLM chooses whatever the option says, are left alone. `--quantization fp8` on a checkpoint that
declares nothing quantises it while loading, in every one of these versions; `awq`, `gptq` and `compressed-tensors`
do not. That is a warning, because a repository may declare its method in a file beside `config.json`.

## References

- vLLM `config/model.py` (`_verify_quantization`), `override_quantization_method` and `get_supported_act_dtypes` of
  each method, and `get_quant_config` of `model_loader/weight_utils.py`, read in 0.8.5 to 0.33.0
"""

from neuroscale.engines.settings import EngineSettings
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.patches import remove_option
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import are_known, vllm_settings

_OPTION = "--quantization"
_DATA_TYPE = "--dtype"
_SINGLE = frozenset({"float", "float32"})
# Of each declared method the ones that no release takes for it. Everything else is left alone.
_FORMATS = frozenset(
    {"awq", "awq_marlin", "bitsandbytes", "compressed-tensors", "fp8", "gptq", "gptq_marlin", "mxfp4"}
)
_OWN_KERNELS = {
    "awq": frozenset({"awq", "awq_marlin"}),
    "compressed-tensors": frozenset({"compressed-tensors"}),
    "fp8": frozenset({"fp8"}),
    "gptq": frozenset({"gptq", "gptq_marlin"}),
}
# In every release that was read these take float16 and bfloat16, or float16 alone.
_SIXTEEN_BIT_METHODS = frozenset({"awq", "fp8", "gptq"})
_READ_FROM_CHECKPOINT = frozenset({"awq", "awq_marlin", "compressed-tensors", "gptq", "gptq_marlin"})
# They may say what the configuration does not.
_OVERRIDES = frozenset({"--hf-overrides", "--quantization-config"})
# Chosen by the model's class whatever the option says, from some release on.
_TYPES_WITH_OWN_METHOD = frozenset({"deepseek_v4", "deepseek_v41", "gpt_oss"})


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    architecture = deployment.architecture
    if settings is None or architecture is None or architecture.model_type in _TYPES_WITH_OWN_METHOD:
        return
    declared = architecture.quantization
    if not are_known(deployment, _OPTION):
        return
    if declared is None:
        yield from _undeclared(deployment, settings)
        return
    own = _OWN_KERNELS.get(declared.method)
    if own is None:
        return
    stated = None if settings.quantization is None else settings.quantization.lower()
    if stated is None or stated in own:
        yield from _single_precision(deployment, settings, declared.method)
    elif stated in _FORMATS:
        yield Violation(
            path=option_path(deployment.workload, _OPTION),
            message=(
                f'the checkpoint is quantised as {declared.method}; vLLM will not start: "Quantization method '
                f"specified in the model config ({declared.method}) does not match the quantization method "
                f'specified in the `quantization` argument ({stated})."'
            ),
            fix=f"remove {_OPTION}; the engine reads the method from the checkpoint",
            patch=remove_option(deployment.workload, _OPTION),
        )


def _single_precision(deployment: Deployment, settings: EngineSettings, method: str) -> Judgement:
    """Yield where the weights are dequantised to 16 bits and 32 are asked for."""
    stated = settings.options.get(_DATA_TYPE, "").lower()
    if method not in _SIXTEEN_BIT_METHODS or stated not in _SINGLE or not are_known(deployment, _DATA_TYPE):
        return
    yield Violation(
        path=option_path(deployment.workload, _DATA_TYPE),
        message=(
            f"the kernels of {method} weights compute in 16 bits; vLLM will not start: "
            '"torch.float32 is not supported for quantization method ..."'
        ),
        fix=f"remove {_DATA_TYPE}; the engine takes the type that the checkpoint states",
        patch=remove_option(deployment.workload, _DATA_TYPE),
    )


def _undeclared(deployment: Deployment, settings: EngineSettings) -> Judgement:
    """Yield where a method has nothing to read its settings from."""
    stated = (settings.quantization or "").lower()
    if stated == "fp8":
        yield from _single_precision(deployment, settings, stated)
    if stated not in _READ_FROM_CHECKPOINT or _OVERRIDES & settings.options.keys():
        return
    if not are_known(deployment, *_OVERRIDES):
        return
    yield Violation(
        path=option_path(deployment.workload, _OPTION),
        message=(
            f"the checkpoint's configuration declares no quantisation, and {stated} does not quantise while "
            "loading; unless a file beside config.json declares it, vLLM will not start"
        ),
        fix=f"remove {_OPTION}, or serve a checkpoint that is quantised as {stated}",
        severity=Severity.WARN,
    )


RULE = Rule(
    identifier="NS303",
    name="quantization-contradicts-checkpoint",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
