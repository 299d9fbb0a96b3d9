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

vLLM 0.8.5 to 0.33.0, for every boolean option of the version; a warning for versions that were not read. Up to
0.8.4 `--enable-chunked-prefill`, `--multi-step-stream-outputs` and `--disable-chunked-mm-input` took "true" or
"false": these are a warning too where the image tag does not tell the version. Inside huggingfaceserver only the
spelling with `=` is refused; a separate word is dropped without a message, which is a warning.

## References

- vLLM `utils/argparse_utils.py` (`FlexibleArgumentParser`) and `engine/arg_utils.py`, read in 0.7.3, 0.8.4 and
  0.8.5 to 0.33.0
- Python, `argparse.BooleanOptionalAction`: <https://docs.python.org/3/library/argparse.html>
"""

from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import problem_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import NOT_READ, written_vllm_settings


def _judge(deployment: Deployment) -> Judgement:
    settings = written_vllm_settings(deployment)
    if settings is None:
        return
    for problem in settings.problems:
        if problem.kind != "boolean-with-value":
            continue
        negative = f"--no-{problem.option.removeprefix('--')}"
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
            fix=f"write {problem.option} alone to switch it on, or {negative} to switch it off",
            severity=Severity.WARN if is_ignored or not problem.is_certain else None,
        )


RULE = Rule(
    identifier="NS301",
    name="boolean-flag-with-value",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
