"""The engine's version must know the model's class.

## What it does

Looks the class that the model's configuration names up in the model registry of the vLLM version in the image tag.

## Why it matters

A release of vLLM serves the classes of its registry. New models need a release that is newer than they are, and old
classes are dropped: `ValueError: Model architectures ['KimiK25ForConditionalGeneration'] are not supported for
now.`, or `Model architecture ArcticForCausalLM was supported in vLLM until v0.28.0, and is not supported anymore.`
For a class that it lacks vLLM tries the Transformers library first. Where that has the class, it may run, slower
and without some features; where the library in the image is too old for the model, it stops. KServe's
huggingfaceserver looks into the same registry, and turns to its Hugging Face back end whatever `--backend` says:
there one process holds the model, and every option of vLLM is dropped.

## Example

```yaml
image: vllm/vllm-openai:v0.14.1
args: ["--model=moonshotai/Kimi-K2.5"]        # came with 0.15
```

## Use instead

```yaml
image: vllm/vllm-openai:v0.15.1
args: ["--model=moonshotai/Kimi-K2.5"]
```

## Applies to

vLLM 0.8.5 to 0.33.0. Denied from 0.14.1 on for classes that no release of Transformers has, in vLLM's own images
and without `--trust-remote-code`; everything else is a warning. Silent for classes that no registry has (a plugin
may bring them), for dropped ones that Transformers has, with `--model-impl`, and for repositories of `mistralai`,
whose own format names another class.

## References

- vLLM `model_executor/models/registry.py` of the versions that
  `neuroscale/engines/data/vllm_architectures.json` names
- KServe `huggingfaceserver/vllm/utils.py`, `infer_vllm_supported_from_model_architecture`, read in 0.16.0 and
  0.20.0
- vLLM, "Supported Models": <https://docs.vllm.ai/en/latest/models/supported_models.html>
"""

from collections.abc import Iterable

from packaging.version import Version

from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_architectures import ImplementedClass, implemented_class
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.patches import written_value
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import vllm_settings

# Options that let the engine serve something else than its own class of that name.
_OTHER_CLASSES = frozenset({"--model-impl", "--config-format", "--runner", "--convert", "--task"})
_REMOTE_CODE = "--trust-remote-code"
# Before it, classes in the model's repository were loaded whether remote code was trusted or not.
_FIRST_TO_ASK_FOR_TRUST = Version("0.14.1")
_INSIDE = ", by the image of the KServe release that has it inside"
_OWN_IMAGES = ("vllm/vllm-openai", "vllm/vllm-openai-rocm")


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    architecture = deployment.architecture
    if settings is None or settings.version is None or architecture is None or not architecture.class_names:
        return
    if settings.unresolved or settings.gives_any(_OTHER_CLASSES) or _has_own_format(deployment, settings):
        return
    classes = [implemented_class(name) for name in architecture.class_names]
    absent = [known for known in classes if known is not None and known.is_missed(settings.version)]
    if not absent or len(absent) != len(classes):
        return
    is_certain = _is_certain(deployment, settings, absent)
    name = absent[0].name
    if settings.engine == "huggingfaceserver":
        outcome = (
            "huggingfaceserver then takes its Hugging Face back end, without a word, where tensor, data and expert "
            "parallelism mean nothing"
        )
    elif is_certain:
        outcome = f"vLLM will not start: {_error(absent[0], settings.version)}"
    else:
        outcome = "it starts only if the Transformers library in the image can run the class"
    yield Violation(
        path=(*deployment.workload.container_path, "image"),
        message=f"vLLM {settings.version} does not implement {name}; {outcome}",
        fix=f"{_fix(absent[0], settings.version)}{_INSIDE if settings.engine == 'huggingfaceserver' else ''}",
        severity=None if is_certain else Severity.WARN,
    )


def _is_certain(deployment: Deployment, settings: EngineSettings, absent: Iterable[ImplementedClass]) -> bool:
    if settings.version is None or settings.version < _FIRST_TO_ASK_FOR_TRUST:
        return False
    if settings.options.get(_REMOTE_CODE) == "true" or any(known.in_transformers for known in absent):
        return False
    image = written_value(deployment.workload.manifest, (*deployment.workload.container_path, "image"))
    repository = image.rpartition(":")[0] if isinstance(image, str) else ""
    return repository.endswith(_OWN_IMAGES)


def _error(absent: ImplementedClass, version: Version) -> str:
    if absent.absent_from is not None and version >= absent.absent_from:
        return f'"Model architecture {absent.name} was supported [...], and is not supported anymore."'
    return f"\"Model architectures ['{absent.name}'] are not supported for now.\""


def _fix(absent: ImplementedClass, version: Version) -> str:
    if absent.absent_from is not None and version >= absent.absent_from:
        return f"use vLLM {absent.until}, which still has the class"
    return f"use vLLM {absent.since} or later"


def _has_own_format(deployment: Deployment, settings: EngineSettings) -> bool:
    reference = deployment.workload.model.text if deployment.workload.model else settings.model or ""
    return reference.removeprefix("hf://").lower().startswith("mistralai/")


RULE = Rule(
    identifier="NS306",
    name="model-class-not-in-this-version",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
