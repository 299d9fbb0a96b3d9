"""The keys of a JSON option must be ones that the engine has.

## What it does

Compares the keys of `--speculative-config`, `--compilation-config`, `--kv-transfer-config`, `--eplb-config` and
their like, written as JSON or as dotted options, with the fields of vLLM's own configuration classes.

## Why it matters

The argument parser takes any JSON here, and the class behind it takes only its own fields: vLLM stops with
`Unexpected keyword argument`. Names come and go with the releases, and those of
old options (`speculative_model`) were never keys.

## Example

```yaml
image: vllm/vllm-openai:v0.33.0
args: ["--model=Qwen/Qwen3-32B", '--speculative-config={"method": "suffix", "num_speculative_token": 4}']
```

## Use instead

```yaml
image: vllm/vllm-openai:v0.33.0
args: ["--model=Qwen/Qwen3-32B", '--speculative-config={"method": "suffix", "num_speculative_tokens": 4}']
```

## Applies to

vLLM 0.16.0 to 0.33.0; earlier releases dropped unknown keys. A warning where the image tag does not tell the
version, or tells one that was not read. Keys inside other keys are not compared.

## References

- vLLM `config/utils.py` (`config`, which forbids extra fields) and the classes in `config/`, read in 0.16.0 to
  0.33.0
"""

import json
from collections.abc import Iterator

from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_configuration_keys import configuration_keys, refuses_unknown_keys
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import NOT_READ, unknown_options, vllm_settings
from neuroscale.suggestions import closest_names

_OPTIONS = (
    "--attention-config",
    "--compilation-config",
    "--eplb-config",
    "--kernel-config",
    "--kv-events-config",
    "--kv-transfer-config",
    "--speculative-config",
    "--structured-outputs-config",
)
_LONGEST_VALUE = 20_000
_SHOWN_KEY_LENGTH = 40
_SHOWN_KEYS = 3


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    if settings is None:
        return
    refuses = None if settings.version is None else refuses_unknown_keys(settings.version)
    if refuses is False:
        return
    for option in _OPTIONS:
        if option not in settings.options:
            continue
        unknown = tuple(unknown_options(deployment, option))
        if unknown:
            yield from unknown
            return
        missed = tuple(_missed_keys(settings, option))
        if missed:
            yield _violation(deployment, settings, option, missed, is_certain=refuses is True)


def _missed_keys(settings: EngineSettings, option: str) -> Iterator[str]:
    """Yield the keys of an option's value that the version does not have, of what can be read as an object."""
    text = settings.options[option]
    if len(text) > _LONGEST_VALUE:
        return
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(value, dict):
        return
    known = _known_keys(settings, option)
    yield from (key for key in value if key not in known)


def _known_keys(settings: EngineSettings, option: str) -> tuple[str, ...]:
    version = settings.version
    return tuple(key.name for key in configuration_keys(option) if version is None or not key.is_absent(version))


def _violation(
    deployment: Deployment, settings: EngineSettings, option: str, missed: tuple[str, ...], *, is_certain: bool
) -> Violation:
    shown = ", ".join(_shown(key) for key in missed[:_SHOWN_KEYS])
    alike = closest_names(missed[0], _known_keys(settings, option))
    version = "" if settings.version is None else f" {settings.version}"
    doubt = "" if is_certain else f", {NOT_READ} or one before 0.16.0"
    return Violation(
        path=option_path(deployment.workload, option),
        message=(
            f'{option} of vLLM{version} has no {shown}; vLLM will not start{doubt}: "Unexpected keyword argument"'
        ),
        fix=f"write {' or '.join(alike)}, or remove it" if alike else f"remove {shown}",
        severity=None if is_certain else Severity.WARN,
    )


def _shown(key: str) -> str:
    """Return a stranger's text for a message of one line."""
    return "".join(character if character.isprintable() else "?" for character in key[:_SHOWN_KEY_LENGTH])


RULE = Rule(
    identifier="NS309",
    name="configuration-key-unknown",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
