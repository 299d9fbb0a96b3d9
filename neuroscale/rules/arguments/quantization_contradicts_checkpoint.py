"""The quantisation of a checkpoint is not a matter of choice.

## What it does

Compares `--quantization` with the method that the checkpoint declares, where vLLM has no way from one to the other,
and `--dtype` with what the method computes in. Warns of a method that reads its settings from the checkpoint where
`config.json` declares nothing.

## Why it matters

vLLM reads the method from the checkpoint by itself; the option can only agree or contradict. Names mislead: an
"AWQ" or "FP8" checkpoint of llm-compressor declares `compressed-tensors`, and with `--quantization awq` vLLM stops:
`ValueError: Quantization method specified in the model config (compressed-tensors) does not match the quantization
method specified in the quantization argument (awq).` FP8, AWQ, GPTQ and ModelOpt kernels compute in 16 bits, those
of MXFP4 and MXFP8 in bfloat16 alone: `torch.float32 is not supported for quantization method fp8.`

## Example

```yaml
args: ["--model=Qwen/Qwen3-32B-FP8", "--quantization=compressed-tensors"]   # declares "fp8"
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-32B-FP8"]
```

## Applies to

vLLM 0.8.5 to 0.33.0, checkpoints that declare `awq`, `compressed-tensors`, `fp8` or `gptq`; `--dtype` also for
`fbgemm_fp8`, `mxfp4`, `quark` and ModelOpt's formats. Kernels of the same format (`gptq_marlin` for `gptq`),
methods that take several formats (`humming`, `moe_wna16`, `gguf`) and ModelOpt's, which vLLM chooses whatever the
option says, are left alone. `--quantization fp8` on a checkpoint that declares nothing quantises it while loading,
in every one of these versions; `awq`, `gptq` and `compressed-tensors` do not. That is a warning, because a
repository may declare its method in a file beside `config.json`.

## References

- vLLM `config/model.py` (`_verify_quantization`), `override_quantization_method` and `get_supported_act_dtypes` of
  each method, and `get_quant_config` of `model_loader/weight_utils.py`, read in 0.8.5 to 0.33.0
"""

from neuroscale.architecture.model import Quantization
from neuroscale.architecture.quantization import MXFP8_BITS, NVFP4_BITS
from neuroscale.engines.settings import EngineSettings
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.patches import remove_option
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import are_known, vllm_settings

_OPTION = "--quantization"
_DATA_TYPE = "--dtype"
_DATA_TYPES = {
    "half": "float16",
    "float16": "float16",
    "bfloat16": "bfloat16",
    "float": "float32",
    "float32": "float32",
}
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
# What the activations may be in, in every release that has the method.
_SIXTEEN_BITS = frozenset({"float16", "bfloat16"})
_COMPUTED_IN = {
    "awq": _SIXTEEN_BITS,
    "fbgemm_fp8": _SIXTEEN_BITS,
    "fp8": _SIXTEEN_BITS,
    "gptq": _SIXTEEN_BITS,
    "mxfp4": frozenset({"bfloat16"}),
    "quark": _SIXTEEN_BITS,
}
# ModelOpt's method depends on the algorithm, which the stored bits tell.
_MODELOPT_COMPUTED_IN = {8.0: _SIXTEEN_BITS, NVFP4_BITS: _SIXTEEN_BITS, MXFP8_BITS: frozenset({"bfloat16"})}
_READ_FROM_CHECKPOINT = frozenset({"awq", "awq_marlin", "compressed-tensors", "gptq", "gptq_marlin"})
# Quantised while loading, in 16 bits in every release that has the name.
_WHILE_LOADING = frozenset({"fp8", "fp8_per_block", "fp8_per_channel", "fp8_per_tensor", "fp8_per_token"})
# They may say what the configuration does not.
_OVERRIDES = frozenset({"--hf-overrides", "--quantization-config"})
# Chosen by the model's class whatever the option says, from some release on.
_TYPES_WITH_OWN_METHOD = frozenset({"deepseek_v4", "deepseek_v41", "gpt_oss"})
# Its own method computes in what the declared one does.
_TYPE_THAT_COMPUTES_AS_DECLARED = "gpt_oss"


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    architecture = deployment.architecture
    if settings is None or architecture is None or not are_known(deployment, _OPTION):
        return
    declared = architecture.quantization
    has_own_method = architecture.model_type in _TYPES_WITH_OWN_METHOD
    if declared is None:
        if not has_own_method:
            yield from _undeclared(deployment, settings)
        return
    contradiction = None if has_own_method else _contradiction(deployment, settings, declared.method)
    if contradiction is not None:
        yield contradiction
    elif not has_own_method or architecture.model_type == _TYPE_THAT_COMPUTES_AS_DECLARED:
        yield from _other_data_type(deployment, settings, declared)


def _contradiction(deployment: Deployment, settings: EngineSettings, declared: str) -> Violation | None:
    """Return where the stated method is none that vLLM takes for the declared one."""
    stated = None if settings.quantization is None else settings.quantization.lower()
    own = _OWN_KERNELS.get(declared)
    if own is None or stated is None or stated in own or stated not in _FORMATS:
        return None
    return Violation(
        path=option_path(deployment.workload, _OPTION),
        message=(
            f'the checkpoint is quantised as {declared}; vLLM will not start: "Quantization method '
            f"specified in the model config ({declared}) does not match the quantization method "
            f'specified in the `quantization` argument ({stated})."'
        ),
        fix=f"remove {_OPTION}; the engine reads the method from the checkpoint",
        patch=remove_option(deployment.workload, _OPTION),
    )


def _other_data_type(deployment: Deployment, settings: EngineSettings, declared: Quantization) -> Judgement:
    """Yield where the kernels of the declared method do not compute in the stated type."""
    stated = settings.quantization
    if stated is not None and stated.lower() not in _OWN_KERNELS.get(declared.method, {stated.lower()}):
        return
    computed_in = (
        _MODELOPT_COMPUTED_IN.get(declared.weight_bits or 0.0)
        if declared.method in {"modelopt", "modelopt_fp4"} and not declared.groups
        else _COMPUTED_IN.get(declared.method)
    )
    if computed_in is not None:
        yield from _data_type(deployment, settings, declared.method, computed_in)


def _data_type(
    deployment: Deployment, settings: EngineSettings, method: str, computed_in: frozenset[str]
) -> Judgement:
    stated = _DATA_TYPES.get(settings.options.get(_DATA_TYPE, "").lower())
    if stated is None or stated in computed_in or not are_known(deployment, _DATA_TYPE):
        return
    yield Violation(
        path=option_path(deployment.workload, _DATA_TYPE),
        message=(
            f"the kernels of {method} weights compute in {' or '.join(sorted(computed_in))}; vLLM will not start: "
            f'"torch.{stated} is not supported for quantization method ..."'
        ),
        fix=f"remove {_DATA_TYPE}; the engine takes the type that the checkpoint states",
        patch=remove_option(deployment.workload, _DATA_TYPE),
    )


def _undeclared(deployment: Deployment, settings: EngineSettings) -> Judgement:
    """Yield where a method has nothing to read its settings from."""
    stated = (settings.quantization or "").lower()
    if stated in _WHILE_LOADING:
        yield from _data_type(deployment, settings, stated, _SIXTEEN_BITS)
    if stated not in _READ_FROM_CHECKPOINT or settings.gives_any(_OVERRIDES):
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
