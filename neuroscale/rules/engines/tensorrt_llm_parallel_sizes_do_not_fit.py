"""TensorRT-LLM's expert sizes must multiply to its tensor parallel size.

## What it does

Checks what TensorRT-LLM asserts of its own sizes before it looks at the model: expert tensor, expert and cluster
parallel size have to multiply to the tensor parallel size, experts go with no context parallelism, and clusters of
experts with no expert parallelism. Sizes in the file of `--extra_llm_api_options` count as well.

## Why it matters

In TensorRT-LLM expert parallelism divides the tensor parallel group: `--tp_size 8 --ep_size 4` leaves two-way
tensor parallelism inside each expert, and `--ep_size 3` leaves nothing whole. The engine stops with a `ValueError`
in every rank, for dense models too.

## Example

```yaml
args: [trtllm-serve, deepseek-ai/DeepSeek-R1, --tp_size=8, --ep_size=3]
```

## Use instead

```yaml
args: [trtllm-serve, deepseek-ai/DeepSeek-R1, --tp_size=8, --ep_size=8]
```

## Applies to

TensorRT-LLM 1.2.0rc2 to 1.3.0rc3, for every model; a warning for versions that were not read. Not to the back ends
`tensorrt` and `_autodeploy`, nor where the file sets a kind of context parallelism (`cp_config`).

## References

- TensorRT-LLM `mapping.py`, read in 1.2.0rc2 and 1.3.0rc3
"""

from collections.abc import Iterator

from neuroscale.engines.parallel_facts import parallel_fact_holds
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.tensorrt_llm import (
    CONTEXT_PARALLEL_CONFIGURATION,
    EXPERT_CLUSTERS,
    EXPERT_PARALLEL,
    EXPERT_TENSOR_PARALLEL,
)
from neuroscale.engines.values import read_integer
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.tensorrt_llm import SIZES, tensorrt_llm_settings, unknown_sizes
from neuroscale.rules.vllm import NOT_READ


def _judge(deployment: Deployment) -> Judgement:
    settings = tensorrt_llm_settings(deployment)
    if settings is None or CONTEXT_PARALLEL_CONFIGURATION in settings.options:
        return
    unknown = tuple(unknown_sizes(deployment, *SIZES))
    if unknown:
        yield from unknown
        return
    is_certain = parallel_fact_holds("tensorrt-llm", "expert-sizes-checked", settings.version) is True
    for message, fix in _contradictions(settings):
        stopped = f"{message}; TensorRT-LLM will not start"
        yield Violation(
            path=option_path(deployment.workload, EXPERT_PARALLEL, EXPERT_CLUSTERS, EXPERT_TENSOR_PARALLEL),
            message=stopped if is_certain else f"{stopped}, {NOT_READ}",
            fix=fix,
            severity=None if is_certain else Severity.WARN,
        )


def _contradictions(settings: EngineSettings) -> Iterator[tuple[str, str]]:
    """Yield the message and the fix of what does not fit: the first that the engine meets."""
    size = settings.tensor_parallel_size
    clusters = _size(settings, EXPERT_CLUSTERS) or 1
    cut, groups = _size(settings, EXPERT_TENSOR_PARALLEL), _size(settings, EXPERT_PARALLEL)
    if cut is None:
        cut = size // ((groups or 1) * clusters)
    if groups is None:
        groups = size // (cut * clusters) if cut else 0
    if cut * groups * clusters != size:
        yield (
            (
                f"{cut} x {groups} x {clusters} (expert tensor x expert x cluster) is not the tensor "
                f'parallel size {size}: "moe_tp_size * moe_ep_size * moe_cluster_size must equal to '
                f'moe_world_size, but got {cut * groups * clusters} != {size}"'
            ),
            f"set {EXPERT_PARALLEL} to one of {_divisors(size)}" if size > 1 else f"remove {EXPERT_PARALLEL}",
        )
    elif groups > 1 and settings.prefill_context_parallel_size > 1:
        yield (
            (
                f"expert parallel size {groups} with context parallel size "
                f'{settings.prefill_context_parallel_size}: "CP ... doesn\'t support MoE tp/ep yet"'
            ),
            f"remove {EXPERT_PARALLEL}, or the context parallelism",
        )
    elif clusters > 1 and groups > 1:
        yield (
            f"{EXPERT_CLUSTERS} {clusters} goes with no expert parallelism, but its size is {groups}",
            f"remove {EXPERT_PARALLEL}, or {EXPERT_CLUSTERS}",
        )


def _size(settings: EngineSettings, option: str) -> int | None:
    value = read_integer(settings.options.get(option, ""))
    # The engine takes -1 for "not set".
    return None if value is None or value < 1 else value


def _divisors(number: int) -> str:
    return ", ".join(str(size) for size in range(1, min(number, 64) + 1) if number % size == 0)


RULE = Rule(
    identifier="NS804",
    name="tensorrt-llm-parallel-sizes-do-not-fit",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
