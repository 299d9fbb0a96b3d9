"""Decode-context parallelism reuses tensor-parallel ranks, and only those that hold copies.

## What it does

Checks that the decode-context parallel size divides the tensor parallel size and, for models with KV heads, that it
is no more than the copies each KV head has: tensor parallel size / KV heads.

## Why it matters

Decode-context parallelism spreads the tokens of the KV cache over ranks that would otherwise hold the same cache
twice. Where tensor parallelism does not exceed the KV heads nothing is held twice, and vLLM stops: `Decode context
parallelism for GQA/MQA requires --tensor-parallel-size (8) to be greater than the model's total number of KV heads
(8).` Models with latent attention (MLA) hold a copy on every rank and take any divisor.

## Example

```yaml
# 8 KV heads: at tensor parallel size 8 every rank has one of its own
args: ["--model=Qwen/Qwen3-32B", "--tensor-parallel-size=8", "--decode-context-parallel-size=2"]
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-32B", "--tensor-parallel-size=8"]
# or, with twice the accelerators, two copies of each KV head:
# --tensor-parallel-size=16 --decode-context-parallel-size=2
```

## Applies to

vLLM 0.11.2 and later, the divisibility of the tensor parallel size 0.16.0 and later; silent together with
prefill-context parallelism, and where the version is not known.

## References

- vLLM `config/model.py` (`verify_with_parallel_config`) and `config/parallel.py`, read in 0.10.2 to 0.33.0
"""

from collections.abc import Iterator

from packaging.version import Version

from neuroscale.architecture.model import Attention
from neuroscale.engines.settings import EngineSettings
from neuroscale.rules.divisibility import join_sizes
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import PREFILL_CONTEXT_PARALLEL, TENSOR_PARALLEL, unknown_options, vllm_settings

_OPTION = "--decode-context-parallel-size"
_FIRST_WITH_KV_HEADS = Version("0.11.2")
_FIRST_WITH_DIVISION = Version("0.16.0")


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    if settings is None or settings.version is None or settings.decode_context_parallel_size == 1:
        return
    unknown = tuple(unknown_options(deployment, _OPTION, TENSOR_PARALLEL, PREFILL_CONTEXT_PARALLEL))
    if unknown or settings.prefill_context_parallel_size > 1:
        yield from unknown
        return
    size, tensor = settings.decode_context_parallel_size, settings.tensor_parallel_size
    if tensor % size and settings.version >= _FIRST_WITH_DIVISION:
        problem = f'"tp_size={tensor} must be divisible by dcp_size={size}."'
    else:
        problem = next(_kv_head_problems(deployment, settings), "")
    if not problem:
        if deployment.missing_architecture is not None:
            yield deployment.missing_architecture
        return
    attention = deployment.architecture.attention if deployment.architecture else None
    valid = tuple(each for each in range(1, tensor + 1) if _fits(attention, tensor, each))
    yield Violation(
        path=option_path(deployment.workload, _OPTION),
        message=(
            f"decode-context parallel size {size} does not fit tensor parallel size {tensor}; vLLM will not start: "
            f"{problem}"
        ),
        fix=f"set {_OPTION} to one of {join_sizes(valid)}" if len(valid) > 1 else f"remove {_OPTION}",
    )


def _kv_head_problems(deployment: Deployment, settings: EngineSettings) -> Iterator[str]:
    architecture = deployment.architecture
    attention = architecture.attention if architecture is not None else None
    if attention is None or attention.is_latent or not attention.kv_heads:
        return
    if settings.version is None or settings.version < _FIRST_WITH_KV_HEADS:
        return
    size, tensor = settings.decode_context_parallel_size, settings.tensor_parallel_size
    if tensor <= attention.kv_heads:
        yield f"the tensor parallel size must be greater than the model's {attention.kv_heads} KV heads"
    elif size > tensor // attention.kv_heads:
        yield f"{attention.kv_heads} KV heads have {tensor // attention.kv_heads} copies each, which is the maximum"
    elif (attention.heads // attention.kv_heads) % size:
        yield f"it does not divide the {attention.heads // attention.kv_heads} query heads per KV head"


def _fits(attention: Attention | None, tensor: int, size: int) -> bool:
    if size == 1:
        return True
    if tensor % size:
        return False
    if attention is None or attention.is_latent or not attention.kv_heads:
        return True
    copies = tensor // attention.kv_heads
    return tensor > attention.kv_heads and size <= copies and (attention.heads // attention.kv_heads) % size == 0


RULE = Rule(
    identifier="NS110",
    name="decode-context-parallel-size-does-not-fit",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
