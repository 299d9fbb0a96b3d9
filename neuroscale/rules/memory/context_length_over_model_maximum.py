"""The context length must not exceed the model's maximum.

## What it does

Compares `--max-model-len` with the longest context that vLLM derives from the model's configuration: its
positions, times the rope scaling factor where the version applies it. In SGLang the option is `--context-length`,
and the factor counts unless the scaling states its original positions.

## Why it matters

vLLM stops: `ValueError: User-specified max_model_len (65536) is greater than the derived max_model_len
(max_position_embeddings=40960 or model_max_length=None in model's config.json).` The number on a model card is
often the length with a rope scaling that is not in the configuration (Qwen3: 40960 positions, "131072 with
YaRN"), and what one release accepted the next may not: up to 0.29.0 vLLM multiplied by the YaRN factor, from
0.30.0 it does not.

## Example

```yaml
args: ["--model=Qwen/Qwen3-32B", "--max-model-len=131072"]   # the configuration has 40960 positions
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-32B", "--max-model-len=40960"]
# or give the positions and the scaling that the model card names:
# --hf-overrides '{"max_position_embeddings": 131072, "rope_scaling": {"rope_type": "yarn", "factor": 4.0,
#   "original_max_position_embeddings": 32768}}'
```

## Applies to

vLLM. Silent where `VLLM_ALLOW_LONG_MAX_MODEL_LEN=1` turns the error into a warning, and for `auto`. Where the
image tag does not tell the version, the longest that any version derives is the limit, and NS001 tells when
another version would refuse. A warning only where that variable comes from a ConfigMap or Secret, and for
repositories of `mistralai`, whose own configuration format may state another length than `config.json`.

SGLang 0.5.2 to 0.5.23, for configurations that state `max_position_embeddings`; up to 0.4.10.post2 it only warned,
so that a version which is not known gets a warning. Silent with `SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN=1`.

## References

- vLLM `config/model.py`, `_get_and_verify_max_len`, read in 0.10.2 to 0.33.0
- SGLang `srt/configs/model_config.py` and `get_context_length`, read in 0.4.6.post5 to 0.5.23
"""

from collections.abc import Iterator

from packaging.version import Version

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_facts import derived_maximum_tokens, fact_holds
from neuroscale.rules.finding import Judgement, MissingFact, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.sglang_context import judge_sglang_context
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import partly_read, unknown_options, vllm_settings

_OPTION = "--max-model-len"
_VERSIONS_READ = (Version("0.10.2"), Version("0.33.0"))
_PERMISSION = "VLLM_ALLOW_LONG_MAX_MODEL_LEN"

# Options that change the positions in ways the configuration alone does not tell.
_OTHER_SOURCES = frozenset({"--rope-scaling", "--rope-theta", "--config-format"})


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    if settings is None:
        yield from judge_sglang_context(deployment)
        return
    if not isinstance(settings.maximum_model_length_tokens, int):
        return
    if settings.environment.get(_PERMISSION, "0").strip().lower() in {"1", "true"}:
        return
    if settings.gives_any(_OTHER_SOURCES):
        return
    unknown = tuple(unknown_options(deployment, _OPTION))
    if unknown:
        yield from unknown
        return
    architecture = deployment.architecture
    derived = None if architecture is None else derived_maximum_tokens(architecture, settings.version)
    if architecture is None or derived is None:
        gaps = partly_read(deployment, "it does not say how long the context is")
        yield from (MissingFact(gap.path, gap.message, gap.fix, Severity.INFO) for gap in gaps)
        return
    asked = settings.maximum_model_length_tokens
    if asked <= derived:
        yield from _unknown_version(deployment, architecture, settings, asked)
        return
    yield Violation(
        path=option_path(deployment.workload, _OPTION),
        message=(
            f"{_OPTION} {asked} is over the model's {derived} tokens; vLLM will not start: "
            f'"User-specified max_model_len ({asked}) is greater than the derived max_model_len"'
        ),
        fix=(
            f"set {_OPTION} to at most {derived}, or raise max_position_embeddings and rope_scaling with "
            "--hf-overrides if the model was made for it"
        ),
        severity=Severity.WARN if _is_uncertain(deployment, settings) else None,
    )


def _unknown_version(
    deployment: Deployment, architecture: ModelArchitecture, settings: EngineSettings, asked: int
) -> Iterator[MissingFact]:
    """Yield a missing fact where only some versions take the length and the image does not tell which one runs."""
    if fact_holds("yarn-factor-multiplies-context", settings.version) is not None:
        return
    maxima = [derived_maximum_tokens(architecture, version) for version in _VERSIONS_READ]
    if any(maximum is not None and asked > maximum for maximum in maxima):
        yield MissingFact(
            (*deployment.workload.container_path, "image"),
            f"the version of vLLM is not known, and {_OPTION} {asked} depends on it: up to 0.29.0 the maximum is "
            f"{maxima[0]}, from 0.30.0 it is {maxima[1]}",
            "name a released version in the image tag",
        )


def _is_uncertain(deployment: Deployment, settings: EngineSettings) -> bool:
    return settings.may_have_variable(_PERMISSION) or _has_own_format(deployment, settings)


def _has_own_format(deployment: Deployment, settings: EngineSettings) -> bool:
    reference = deployment.workload.model.text if deployment.workload.model else settings.model or ""
    return reference.removeprefix("hf://").lower().startswith("mistralai/")


RULE = Rule(
    identifier="NS202",
    name="context-length-over-model-maximum",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
