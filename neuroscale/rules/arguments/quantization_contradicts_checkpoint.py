"""The quantisation of a checkpoint is not a matter of choice.

## What it does

Compares `--quantization` with the method that the checkpoint declares, where vLLM has no way from one to the other.

## Why it matters

vLLM reads the method from the checkpoint by itself; the option can only agree or contradict. Names mislead: an
"AWQ" or "FP8" checkpoint of llm-compressor declares `compressed-tensors`, and with `--quantization awq` vLLM stops:
`ValueError: Quantization method specified in the model config (compressed-tensors) does not match the quantization
method specified in the quantization argument (awq).`

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
declares nothing quantises it while loading, in every one of these versions.

## References

- vLLM `config/model.py` (`_verify_quantization`) and `override_quantization_method` of each method, read in
  0.8.5 to 0.33.0
"""

from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.patches import remove_option
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import are_known, vllm_settings

_OPTION = "--quantization"
# Of each declared method the ones that no release takes for it. Everything else is left alone.
_FORMATS = frozenset({"awq", "awq_marlin", "bitsandbytes", "compressed-tensors", "fp8", "gptq", "gptq_marlin"})
_OWN_KERNELS = {
    "awq": frozenset({"awq", "awq_marlin"}),
    "compressed-tensors": frozenset({"compressed-tensors"}),
    "fp8": frozenset({"fp8"}),
    "gptq": frozenset({"gptq", "gptq_marlin"}),
}
# Chosen by the model's class whatever the option says, from some release on.
_TYPES_WITH_OWN_METHOD = frozenset({"deepseek_v4", "deepseek_v41", "gpt_oss"})


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    architecture = deployment.architecture
    if settings is None or settings.quantization is None or architecture is None:
        return
    declared = architecture.quantization
    if declared is None or architecture.model_type in _TYPES_WITH_OWN_METHOD:
        return
    own = _OWN_KERNELS.get(declared.method)
    stated = settings.quantization.lower()
    if own is None or stated in own or stated not in _FORMATS or not are_known(deployment, _OPTION):
        return
    yield Violation(
        path=option_path(deployment.workload, _OPTION),
        message=(
            f'the checkpoint is quantised as {declared.method}; vLLM will not start: "Quantization method '
            f"specified in the model config ({declared.method}) does not match the quantization method specified "
            f'in the `quantization` argument ({stated})."'
        ),
        fix=f"remove {_OPTION}; the engine reads the method from the checkpoint",
        patch=remove_option(deployment.workload, _OPTION),
    )


RULE = Rule(
    identifier="NS303",
    name="quantization-contradicts-checkpoint",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
