"""An option that the server drops has no effect.

## What it does

Flags options that the process reads past without a word: in KServe's huggingfaceserver whatever neither the server
nor the vLLM inside it knows, and every option of vLLM beside `--backend=huggingface`; for vLLM and SGLang the
spelling `--config=FILE`.

## Why it matters

What was asked for is not done, and nothing says so. huggingfaceserver parses with `parse_known_args`, so a
misspelled `--max-model-lenght` or an option of a newer vLLM than the release carries is dropped: the model runs
with the default. With `--backend=huggingface` there is no vLLM to take `--tensor-parallel-size`, and no tensor,
data or expert parallelism at all. vLLM and SGLang look for their file as two words, `--config FILE`, and never
open the one of `--config=FILE`.

## Example

```yaml
args: ["--model_id=Qwen/Qwen3-30B-A3B", "--max-model-lenght=32768"]
```

## Use instead

```yaml
args: ["--model_id=Qwen/Qwen3-30B-A3B", "--max-model-len=32768"]
```

## Applies to

huggingfaceserver of KServe 0.16 to 0.20 by the option tables of the vLLM inside; vLLM 0.8.5 to 0.33.0; SGLang
0.5.3.post3 to 0.5.23.

## References

- KServe, `python/huggingfaceserver/huggingfaceserver/__main__.py` (`parse_known_args`)
- vLLM, `utils/argparse_utils.py`, read in 0.8.5 to 0.33.0
- SGLang, `prepare_server_args` and `ConfigArgumentMerger`, read in 0.5.3.post3 to 0.5.23
"""

from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import problem_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment


def _judge(deployment: Deployment) -> Judgement:
    settings = deployment.workload.settings
    if settings is None:
        return
    for problem in settings.ignored:
        yield Violation(
            path=problem_path(deployment.workload, problem),
            message=f"{problem.message}; it has no effect",
            fix="write it as this server reads it, or remove it",
        )


RULE = Rule(
    identifier="NS305",
    name="option-without-effect",
    severity=Severity.WARN,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
