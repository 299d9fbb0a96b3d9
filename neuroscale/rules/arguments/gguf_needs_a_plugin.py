"""Newer releases of vLLM load GGUF with a plugin only.

## What it does

Flags GGUF models (a file ending in `.gguf`, `repository:Q4_K_M`, `--load-format gguf`, `--quantization gguf`, or a
configuration that was read from a GGUF file) on a vLLM that brings no loader for them.

## Why it matters

vLLM 0.24.0 moved its GGUF loader to the package `vllm-gguf-plugin`, which its wheel does not require. Without it,
the file is taken for a directory or a repository in which there is no configuration, or vLLM stops with
`ValueError: Load format gguf is not supported` or `Unknown quantization method: gguf.` A newer image breaks an
endpoint that ran.

## Example

```yaml
image: vllm/vllm-openai:v0.24.0
args: ["--model=/mnt/models/Qwen3-8B-Q4_K_M.gguf", "--tokenizer=Qwen/Qwen3-8B"]
```

## Use instead

```yaml
image: vllm/vllm-openai:v0.23.0
args: ["--model=/mnt/models/Qwen3-8B-Q4_K_M.gguf", "--tokenizer=Qwen/Qwen3-8B"]
```

## Applies to

vLLM 0.24.0 and later, and image tags that do not tell the version. A warning: the plugin may have been added to an
image, which its tag does not tell. Flint, which reads GGUF by itself, is left alone.

## References

- vLLM `model_executor/model_loader/__init__.py`, read in 0.8.5 to 0.33.0, and the requirements of the wheels
- vLLM, "GGUF": <https://docs.vllm.ai/en/latest/features/quantization/gguf/>
"""

import re

from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_facts import fact_holds
from neuroscale.manifests.object import FieldPath
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import are_known, vllm_settings

_LOAD_FORMAT = "--load-format"
_QUANTIZATION = "--quantization"
_OPTIONS = (_LOAD_FORMAT, _QUANTIZATION)
_TYPES_WITH_OWN_LOADER = frozenset({"flint"})
_LONGEST_REFERENCE = 300
# As vLLM up to 0.23.0 recognised it: the type of a GGUF file behind a repository.
_REPOSITORY_AND_TYPE = re.compile(r"[\w.-]+/[\w.-]+:(UD-)?(I?Q[1-8]|TQ[12]|BF16|F16|F32)[A-Za-z0-9_+-]*")


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    if settings is None or fact_holds("gguf-loader-built-in", settings.version) is True:
        return
    architecture = deployment.architecture
    if architecture is not None and architecture.model_type in _TYPES_WITH_OWN_LOADER:
        return
    reason = _reason(deployment, settings)
    if reason is None or not are_known(deployment, *_OPTIONS):
        return
    has = "has" if settings.version is not None else "from 0.24.0 on has"
    version = "" if settings.version is None else f" {settings.version}"
    yield Violation(
        path=_path(deployment, settings),
        message=(
            f"{reason}, and vLLM{version} {has} no loader for GGUF: without vllm-gguf-plugin in the image it will "
            "not start"
        ),
        fix="serve a safetensors checkpoint, or use vLLM 0.23.0, or an image with vllm-gguf-plugin",
    )


def _reason(deployment: Deployment, settings: EngineSettings) -> str | None:
    """Return what says that the model is GGUF; None when nothing does."""
    for option in _OPTIONS:
        if settings.options.get(option, "").lower() == "gguf":
            return f"{option} is gguf"
    model = settings.model or ""
    if len(model) <= _LONGEST_REFERENCE and (
        model.lower().endswith(".gguf") or _REPOSITORY_AND_TYPE.fullmatch(model) is not None
    ):
        return "the model is a GGUF file"
    quantization = deployment.architecture.quantization if deployment.architecture is not None else None
    return "the model is stored as GGUF" if quantization is not None and quantization.method == "gguf" else None


def _path(deployment: Deployment, settings: EngineSettings) -> FieldPath:
    model = deployment.workload.model
    if model is None or any(settings.options.get(option, "").lower() == "gguf" for option in _OPTIONS):
        return option_path(deployment.workload, *_OPTIONS)
    return model.path


RULE = Rule(
    identifier="NS311",
    name="gguf-needs-a-plugin",
    severity=Severity.WARN,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
