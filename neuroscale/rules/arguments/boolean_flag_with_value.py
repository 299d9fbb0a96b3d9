"""The engine's boolean flags take no value.

## What it does

Flags a boolean option of the engine that is given a value: `--enable-expert-parallel=true`,
`--enable-expert-parallel true`, `--enable-prefix-caching=false`.

## Why it matters

In YAML a flag looks like a key, and "true" like its value. vLLM's booleans are bare: they are switched on by
being there and off by their `--no-` form. With a value the command line is refused (`ignored explicit argument
'true'`, or `unrecognized arguments: true`) and the process exits with code 2 before it logs anything about the
model.

## Example

```yaml
args: ["--model=Qwen/Qwen3-30B-A3B", "--enable-expert-parallel=true"]
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-30B-A3B", "--enable-expert-parallel"]
# switched off: "--no-enable-expert-parallel"
```

## Applies to

vLLM 0.8.5 to 0.33.0 and SGLang 0.4.6.post5 to 0.5.23, for every boolean option of the version; a warning for
versions that were not read. Up to 0.8.4 `--enable-chunked-prefill`, `--multi-step-stream-outputs` and
`--disable-chunked-mm-input` took "true" or "false": nothing is said about these there, and where the image tag does
not tell the version they are a warning. Inside huggingfaceserver only the spelling with `=` is refused; a separate
word is dropped without a message, which is a warning.

## References

- vLLM `utils/argparse_utils.py` (`FlexibleArgumentParser`) and `engine/arg_utils.py`, read in 0.7.3, 0.8.4 and
  0.8.5 to 0.33.0
- SGLang `srt/server_args.py`, run in 0.4.6.post5 to 0.5.23
- Python, `argparse.BooleanOptionalAction`: <https://docs.python.org/3/library/argparse.html>
"""

from packaging.version import Version

from neuroscale.engines.option_tables import engine_option_tables
from neuroscale.engines.option_values import BOOLEAN_TEXTS
from neuroscale.engines.settings import ArgumentProblem, EngineSettings
from neuroscale.manifests.workload import ServingWorkload
from neuroscale.rules.finding import Judgement, PatchOperation, Severity, Violation
from neuroscale.rules.patches import argument_path, written_value
from neuroscale.rules.places import problem_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import NOT_READ, written_settings

_FIRST_WITHOUT_VALUES = Version("0.8.5")


def _judge(deployment: Deployment) -> Judgement:
    settings = written_settings(deployment)
    if settings is None:
        return
    for problem in settings.problems:
        if problem.kind != "boolean-with-value" or _took_the_value(settings, problem):
            continue
        negative = f"--no-{problem.option.removeprefix('--')}"
        off = f", or {negative} to switch it off" if _has_option(settings, negative) else ", or remove it"
        is_ignored = settings.engine == "huggingfaceserver" and "=" not in problem.written
        yield Violation(
            path=problem_path(deployment.workload, problem),
            message=(
                f"{problem.written}: the flag takes no value, and huggingfaceserver silently drops it"
                if is_ignored
                else problem.message
                if problem.is_certain
                else f"{problem.message}, {NOT_READ}"
            ),
            fix=f"write {problem.option} alone to switch it on{off}",
            severity=Severity.WARN if is_ignored or not problem.is_certain else None,
            patch=_patch(deployment.workload, settings, problem) if problem.is_certain else (),
        )


def _took_the_value(settings: EngineSettings, problem: ArgumentProblem) -> bool:
    """Whether the version that runs is one whose switch was given its value by such a word."""
    if settings.version is None or settings.version >= _FIRST_WITHOUT_VALUES:
        return False
    tables = engine_option_tables(settings.engine, settings.version)
    value = problem.written.rpartition("=" if "=" in problem.written else " ")[2]
    return problem.option in tables.once_took_a_value and value.lower() in {"true", "false"}


def _patch(
    workload: ServingWorkload, settings: EngineSettings, problem: ArgumentProblem
) -> tuple[PatchOperation, ...]:
    """Write the switch as its value means it; nothing where the value or the switch's negative form is unclear."""
    head, equals, _ = problem.written.partition("=")
    written = argument_path(workload, problem.position, frozenset({problem.written if equals else problem.option}))
    if written is None:
        return ()
    next_word = (*written[:-1], problem.position.index + 1)
    value = problem.written.rpartition("=" if equals else " ")[2]
    if value.lower() not in BOOLEAN_TEXTS or not (equals or written_value(workload.manifest, next_word) == value):
        return ()
    rest = () if equals else (PatchOperation("remove", next_word),)
    if value.lower() in {"true", "1", "yes", "on"}:
        return (PatchOperation("replace", written, head), *rest) if equals else rest
    negative = f"--no-{problem.option.removeprefix('--')}"
    # Dropped without a word, "false" never did anything: to switch off now would change what runs.
    if (settings.engine == "huggingfaceserver" and not equals) or not _has_option(settings, negative):
        return ()
    return (PatchOperation("replace", written, negative), *rest)


def _has_option(settings: EngineSettings, spelling: str) -> bool:
    tables = engine_option_tables(settings.engine, settings.version)
    return all(spelling in table.by_spelling for table in tables.tables)


RULE = Rule(
    identifier="NS301",
    name="boolean-flag-with-value",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
