"""Some models do not compute in float16.

## What it does

Flags `--dtype half` and `--dtype float16` on the model types that vLLM refuses to compute in float16.

## Why it matters

Activations of these models overflow float16, and vLLM stops: `ValueError: The model type 'gemma3' does not support
float16. Reason: Numerical instability. Please use bfloat16 or float32 instead.` The option is often set for a GPU
without bfloat16 (V100, T4). There, `auto` takes float32 for these types by itself.

## Example

```yaml
args: ["--model=google/gemma-3-4b-it", "--dtype=half"]
```

## Use instead

```yaml
args: ["--model=google/gemma-3-4b-it"]
```

## Applies to

vLLM: gemma2, gemma3 and glm4 from 0.9.2, gemma3_text from 0.10.2, plamo2 from 0.9.2 to 0.26.0. A warning where the
image tag does not tell the version.

## References

- vLLM, model configuration (`_FLOAT16_NOT_SUPPORTED_MODELS`, `_check_valid_dtype`), read in 0.8.5 to 0.33.0
"""

from neuroscale.engines.vllm_model_limits import refuses_float16
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.patches import remove_option
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import unknown_options, vllm_settings

_OPTION = "--dtype"
_FLOAT16 = frozenset({"half", "float16"})


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    architecture = deployment.architecture
    if settings is None or (settings.data_type or "").lower() not in _FLOAT16:
        return
    if architecture is None:
        if deployment.missing_architecture is not None:
            yield deployment.missing_architecture
        return
    if not refuses_float16(architecture.model_type, settings.version):
        return
    unknown = tuple(unknown_options(deployment, _OPTION))
    if unknown:
        yield from unknown
        return
    yield Violation(
        path=option_path(deployment.workload, _OPTION),
        message=(
            f'vLLM does not compute {architecture.model_type} in float16 and will not start: "The model type '
            f"'{architecture.model_type}' does not support float16. Reason: Numerical instability.\""
        ),
        fix=f"remove {_OPTION}: vLLM takes bfloat16, or float32 where the accelerator has no bfloat16",
        severity=Severity.WARN if settings.version is None else None,
        patch=() if settings.version is None else remove_option(deployment.workload, _OPTION),
    )


RULE = Rule(
    identifier="NS307",
    name="float16-not-supported-by-model",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
