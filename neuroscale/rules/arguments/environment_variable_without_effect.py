"""A variable must be one that the engine's version reads.

## What it does

Compares the `VLLM_*` variables of the container with those that the image's version of vLLM knows, and the
`SGLANG_*` variables with those of SGLang: names of earlier or later releases, and misspelt ones.

## Why it matters

An engine reads its environment by name and passes over the rest, with one line in the log at most. A guide of last
year sets `VLLM_ATTENTION_BACKEND` or `VLLM_ALL2ALL_BACKEND`; both became options and then went, and what was chosen
with care is now the default, at another speed or with another result. With `--fail-on-environ-validation` vLLM
stops instead: `ValueError: Unknown vLLM environment variable detected: VLLM_ALL2ALL_BACKEND`.

## Example

```yaml
image: vllm/vllm-openai:v0.33.0
env:
  - {name: VLLM_ALL2ALL_BACKEND, value: deepep_low_latency}
```

## Use instead

```yaml
args: [..., "--all2all-backend=deepep_low_latency"]
```

## Applies to

Images of vLLM 0.8.5 to 0.33.0 and SGLang 0.4.6.post5 to 0.5.23 on NVIDIA and AMD devices (plugins for others have
variables of their own). A name that no release has is told only where it looks like one that this version has, and
a variable that the container's own command, arguments or variables refer to is the author's. Denied with
`--fail-on-environ-validation` (vLLM 0.17.1 and later), for a name that no module of the version mentions.

## References

- vLLM `envs.py` and every other module, read in the 31 wheels from 0.8.5 to 0.33.0; `validate_environ`
- SGLang, every source file of 18 wheels from 0.4.6.post5 to 0.5.23
- vLLM, "Environment Variables": <https://docs.vllm.ai/en/latest/configuration/env_vars.html>
"""

import difflib
from collections.abc import Sequence
from functools import lru_cache

from packaging.version import Version

from neuroscale.engines.environment_variables import PREFIXES, variable_table
from neuroscale.engines.image import engine_image
from neuroscale.engines.settings import EngineSettings
from neuroscale.manifests.container import Container, EnvironmentVariable
from neuroscale.rules.finding import Judgement, PatchOperation, Severity, Violation
from neuroscale.rules.patches import written_value
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment

_NAMES = {"vllm": "vLLM", "sglang": "SGLang"}
_DEVICES = ("nvidia.com/", "amd.com/")
_FAILS = "--fail-on-environ-validation"
# A misspelling is closer than this; a name of another tool with the same prefix is not.
_ALIKE = 0.88
_LONGEST_COMPARED = 80
_MOST_COMPARED = 16


def _judge(deployment: Deployment) -> Judgement:
    workload = deployment.workload
    settings, container, request = workload.settings, workload.container, workload.accelerators
    if settings is None or container is None or settings.engine not in PREFIXES or settings.version is None:
        return
    if request is None or not request.resource_name.startswith(_DEVICES) or engine_image(container.image) is None:
        return
    table, version = variable_table(settings.engine), settings.version
    if not table.was_read(version):
        return
    named = [each for each in container.environment if each.name.startswith(PREFIXES[settings.engine])]
    for variable in named[:_MOST_COMPARED]:
        fault = _fault(variable.name, settings.engine, version)
        if fault is None or _is_the_authors_own(variable.name, container):
            continue
        message, fix, meant = fault
        stops = settings.engine == "vllm" and settings.options.get(_FAILS) == "true"
        then = (
            f'vLLM will not start: "Unknown vLLM environment variable detected: {variable.name[:60]}"'
            if stops
            else "it has no effect"
        )
        yield Violation(
            path=(*variable.path, "name") if variable.path is not None else workload.container_path,
            message=f"{message}; {then}",
            fix=fix,
            severity=None if stops else Severity.WARN,
            patch=_rename(deployment, variable, meant, settings),
        )


def _fault(name: str, engine: str, version: Version) -> tuple[str, str, str] | None:
    """Return what is wrong with a variable, what to do, and the name that was certainly meant ("" if none)."""
    table, called = variable_table(engine), _NAMES[engine]
    history = table.histories.get(name)
    if history is None:
        meant = _misspelt(name, engine, version)
        if not meant:
            return None
        return f"{called} {version} has no variable {name[:_LONGEST_COMPARED]}", f"write {meant}", meant
    if table.is_past(history, version):
        instead = f"use {history.replacement} instead" if history.replacement else "remove it"
        return f"{name} was last read by {called} {history.last}, and the image is {version}", instead, ""
    if table.is_to_come(history, version):
        return (
            f"{name} is first read by {called} {history.first}, and the image is {version}",
            f"remove it, or take an image of {called} {history.first} or later",
            "",
        )
    return None


@lru_cache(maxsize=256)
def _misspelt(name: str, engine: str, version: Version) -> str:
    """Return the one variable of a version that a name looks like, "" for none or several."""
    if len(name) > _LONGEST_COMPARED:
        return ""
    table = variable_table(engine)
    present = [known for known, history in table.histories.items() if history.first <= version <= history.last]
    close = difflib.get_close_matches(name.upper(), present, n=2, cutoff=_ALIKE)
    return close[0] if len(close) == 1 else ""


def _is_the_authors_own(name: str, container: Container) -> bool:
    texts: Sequence[str] = [
        *(text.text for text in (*container.command, *container.arguments)),
        *(variable.value or "" for variable in container.environment),
    ]
    return any(name in text for text in texts)


def _rename(
    deployment: Deployment, variable: EnvironmentVariable, meant: str, settings: EngineSettings
) -> tuple[PatchOperation, ...]:
    """Write the name that was meant where the object itself writes the variable and has none of that name."""
    if not meant or variable.path is None or meant in settings.environment or settings.may_have_variable(meant):
        return ()
    path = (*variable.path, "name")
    if written_value(deployment.workload.manifest, path) != variable.name:
        return ()
    return (PatchOperation("replace", path, meant),)


RULE = Rule(
    identifier="NS350",
    name="environment-variable-without-effect",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
