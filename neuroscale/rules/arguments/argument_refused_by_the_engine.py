"""The engine's own parser must accept every argument.

## What it does

Flags arguments at which the engine's own parser stops: a prefix that fits several options (`--data-parallel`),
an option without its value, a value of the wrong type, an option that this version does not have, and an SGLang
server whose command line names no model.

## Why it matters

The parser exits with code 2 after the image was pulled and the accelerators were reserved, and the pod restarts
for ever. Options come and go between releases: `--swap-space` is gone after vLLM 0.17.1, `-ep` does not exist
in 0.12.0, and `--quant` became an ambiguous prefix in 0.23.0.

## Example

```yaml
args: ["--model=Qwen/Qwen3-30B-A3B", "--data-parallel=2"]   # fits --data-parallel-size, --data-parallel-rank, ...
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-30B-A3B", "--data-parallel-size=2"]
```

## Applies to

vLLM, by the option tables of the releases 0.8.5 to 0.33.0, and SGLang, by those of 0.4.6.post5 to 0.5.23, which
takes no underscores for dashes and keeps a few retired options only to stop at them; Text Generation Inference, by
those of 1.0.0 to 3.3.7 with the environment variables that stand for them, where abbreviations and repeated options
are refused too. TensorRT-LLM's options are spelt with underscores alone; one that 1.3.0rc3 lacks is a warning.
Where the image tag does not tell the version, only what every one of them refuses, and what a newer release may add
(an option, one more choice for a value) is a warning. So is everything for a version outside those that were read.
vLLM-Omni (`--omni`) has options of its own and is not judged. Inside huggingfaceserver unknown options are ignored
by the server and therefore not flagged.

## References

- vLLM `engine/arg_utils.py` and `utils/argparse_utils.py`, read in 0.8.5 to 0.33.0
- SGLang `srt/server_args.py`, `prepare_server_args`, run in 0.4.6.post5 to 0.5.23
- Text Generation Inference `launcher/src/main.rs`, `Args`, read in every release from 1.0.0 to 3.3.7
- TensorRT-LLM `commands/serve.py`, read in 1.3.0rc3
"""

from neuroscale.engines.settings import ProblemKind
from neuroscale.rules.finding import Judgement, MissingFact, Severity, Violation
from neuroscale.rules.places import problem_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import NOT_READ, written_settings

_FIXES: dict[ProblemKind, str] = {
    "missing-value": "give the option its value, or remove it",
    "missing-option": "name the model to serve",
    "invalid-value": "write a value that the option takes",
    "unknown-option": "remove it, or use a version that has it",
    "ambiguous-option": "write the option's full name",
}


_COMPLETED_KINDS = frozenset({"ServingRuntime", "ClusterServingRuntime", "LLMInferenceService"})


def _judge(deployment: Deployment) -> Judgement:
    settings = written_settings(deployment)
    if settings is None:
        return
    for problem in settings.problems:
        path = problem_path(deployment.workload, problem)
        if problem.kind == "unreadable":
            yield MissingFact(path, problem.message, "write the engine's command line out")
        elif problem.kind == "missing-option" and not _is_whole(deployment):
            # A runtime, or the object that it serves, may add the option.
            continue
        elif problem.kind in _FIXES:
            yield Violation(
                path=path,
                message=problem.message if problem.is_certain else f"{problem.message}, {NOT_READ}",
                fix=_FIXES[problem.kind],
                severity=None if problem.is_certain else Severity.WARN,
            )


def _is_whole(deployment: Deployment) -> bool:
    """Whether the object itself writes the whole command line."""
    workload = deployment.workload
    return workload.manifest.kind not in _COMPLETED_KINDS and "containers" in workload.container_path


RULE = Rule(
    identifier="NS302",
    name="argument-refused-by-the-engine",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
