"""An option that the server drops has no effect.

## What it does

Flags options that the process reads past without a word: in KServe's huggingfaceserver whatever neither the server
nor the vLLM inside it knows, and every option of vLLM beside `--backend=huggingface`; for vLLM and SGLang the
spelling `--config=FILE`. Informs of `--enable-expert-parallel` where vLLM has a single rank to spread experts over.

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

from neuroscale.rules.divisibility import engine_sees_experts
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_path, problem_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import (
    DATA_PARALLEL,
    EXPERT_PARALLEL,
    PREFILL_CONTEXT_PARALLEL,
    TENSOR_PARALLEL,
    are_known,
    vllm_settings,
)

_SIZES = (TENSOR_PARALLEL, PREFILL_CONTEXT_PARALLEL, DATA_PARALLEL, EXPERT_PARALLEL)
_BALANCING = "--enable-eplb"
_SIZE_VARIABLE = "VLLM_DP_SIZE"


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
    yield from _expert_parallelism_of_one_rank(deployment)


def _expert_parallelism_of_one_rank(deployment: Deployment) -> Judgement:
    """Yield where there is one rank, which holds every expert with or without the option."""
    settings, architecture = vllm_settings(deployment), deployment.architecture
    if settings is None or architecture is None or not engine_sees_experts(architecture):
        return
    # What the engine refuses, or asks of several ranks, has to be said first.
    if settings.problems or _BALANCING in settings.options:
        return
    ranks = settings.tensor_parallel_size * settings.prefill_context_parallel_size * settings.data_parallel_size
    if not settings.enable_expert_parallel or ranks > 1 or not are_known(deployment, *_SIZES):
        return
    if _SIZE_VARIABLE in settings.environment or settings.may_have_variable(_SIZE_VARIABLE):
        return
    yield Violation(
        path=option_path(deployment.workload, EXPERT_PARALLEL),
        message=f"{EXPERT_PARALLEL} spreads the experts over ranks, and there is one; it has no effect",
        fix=f"remove {EXPERT_PARALLEL}, or raise {TENSOR_PARALLEL} or {DATA_PARALLEL}",
        severity=Severity.INFO,
    )


RULE = Rule(
    identifier="NS305",
    name="option-without-effect",
    severity=Severity.WARN,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
