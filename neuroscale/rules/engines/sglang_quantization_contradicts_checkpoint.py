"""SGLang reads a quantised checkpoint by its own method only.

## What it does

Compares `--quantization` with the method that the checkpoint's config.json declares.

## Why it matters

SGLang quantises weights that are in full precision while it loads them, so `--quantization fp8` is right for many
models; beside a checkpoint that is quantised already, the option may only repeat what the checkpoint says. A
manifest that changes its model from the plain to the quantised repository, or from one format to another, and keeps
the option stops before a weight is read.

## Example

```yaml
args: ["--model-path=Qwen/Qwen3-32B-FP8", "--quantization=awq"]
```

## Use instead

```yaml
args: ["--model-path=Qwen/Qwen3-32B-FP8"]
```

## Applies to

Checkpoints that declare AWQ, compressed-tensors, FP8, GPTQ or MXFP4, on SGLang 0.4.6.post5 to 0.5.23, which take
for each what is listed here and nothing else of these formats: AWQ and GPTQ also by their Marlin kernels, and
compressed-tensors also by `w8a8_int8`. Silent about every other method, GGUF files and overridden configurations.

## References

- SGLang `srt/configs/model_config.py` (`_verify_quantization`) and `override_quantization_method` of each method,
  read in 0.4.6.post5 to 0.5.23
"""

from neuroscale.engines.sglang import OVERRIDES
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.patches import remove_option
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.sglang import sglang_settings
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import are_known, partly_read

_OPTION = "--quantization"
_LOAD_FORMAT = "--load-format"
# Of each declared method the stated ones that are taken; no release that was read takes another one of these.
_FORMATS = frozenset(
    {"awq", "awq_marlin", "compressed-tensors", "fp8", "gptq", "gptq_marlin", "mxfp4", "w8a8_int8"}
)
_TAKEN = {
    "awq": frozenset({"awq", "awq_marlin"}),
    "compressed-tensors": frozenset({"compressed-tensors", "w8a8_int8"}),
    "fp8": frozenset({"fp8"}),
    "gptq": frozenset({"gptq", "gptq_marlin"}),
    "mxfp4": frozenset({"mxfp4"}),
}


def _judge(deployment: Deployment) -> Judgement:
    settings = sglang_settings(deployment)
    if settings is None or settings.quantization is None:
        return
    stated = settings.quantization.lower()
    if stated not in _FORMATS or not are_known(deployment, _OPTION, OVERRIDES, _LOAD_FORMAT):
        return
    if OVERRIDES in settings.options or settings.options.get(_LOAD_FORMAT) == "gguf":
        return
    architecture = deployment.architecture
    if architecture is None:
        yield from partly_read(deployment)
        return
    declared = None if architecture.quantization is None else architecture.quantization.method
    taken = None if declared is None else _TAKEN.get(declared)
    if taken is None or stated in taken:
        return
    yield Violation(
        path=option_path(deployment.workload, _OPTION),
        message=(
            f'the checkpoint is quantised as {declared}; SGLang will not start: "Quantization method specified in '
            f"the model config ({declared}) does not match the quantization method specified in the `quantization` "
            f'argument ({stated})."'
        ),
        fix=f"remove {_OPTION}; the engine reads the method from the checkpoint",
        patch=remove_option(deployment.workload, _OPTION),
    )


RULE = Rule(
    identifier="NS807",
    name="sglang-quantization-contradicts-checkpoint",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
