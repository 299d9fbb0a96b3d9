"""SGLang's parallel sizes must fit into each other.

## What it does

Checks what SGLang asserts of its own sizes before it looks at the model: that the copies of the attention divide
the tensor parallel size, that the groups and copies of experts do and are no more than it, that the ranks divide
over the nodes, and which combinations exist at all.

## Why it matters

In SGLang the tensor parallel size is the whole of a replica, and attention data parallelism, context parallelism
and expert parallelism divide it: `--tp 4 --dp 8 --enable-dp-attention` asks for eight copies inside four ranks.
Read as in vLLM it would be 32 ranks. The engine stops with an assertion, often without a word.

## Example

```yaml
args: ["--model-path=deepseek-ai/DeepSeek-V3", "--tp=8", "--dp=3", "--enable-dp-attention"]
```

## Use instead

```yaml
args: ["--model-path=deepseek-ai/DeepSeek-V3", "--tp=8", "--dp=4", "--enable-dp-attention"]
# from 0.5.23: ["--model-path=deepseek-ai/DeepSeek-V3", "--tp=8", "--attn-dp-size=4"]
```

## Applies to

SGLang 0.4.6.post5 to 0.5.23, for every model; `--moe-dp-size` from 0.5.9, and `--moe-dense-tp-size` up to
0.5.12.post1 only as 1, from 0.5.14 also as the tensor parallel size; `--enable-dp-attention` without copies up to
0.4.10.post2; `--ep-size` above the tensor parallel size from 0.4.10.post2, one that does not divide it from 0.5.21,
and `--enable-eplb` with one group of experts from 0.5.2, beside no option that may set it; `--moe-dp-size` other
than `--attn-cp-size` from 0.5.12.post1. What depends on a version that is not known is not said.

## References

- SGLang `srt/server_args.py`, `srt/arg_groups/{parallel_hook,validation_hook}.py` and
  `srt/distributed/parallel_state.py` and `srt/runtime_context.py`, read in 0.4.6.post5 to 0.5.23
"""

from collections.abc import Iterator

from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.sglang_facts import sglang_fact_holds
from neuroscale.engines.values import read_integer
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.sglang import (
    ALL_TO_ALL,
    ATTENTION_CONTEXT_PARALLEL,
    ATTENTION_DATA_PARALLEL,
    ATTENTION_OPTIONS,
    DATA_PARALLEL,
    DATA_PARALLEL_ATTENTION,
    EXPERT_DATA_PARALLEL,
    EXPERT_OPTIONS,
    EXPERT_PARALLEL,
    LOAD_BALANCING,
    NODES,
    PIPELINE_PARALLEL,
    are_experts_spread,
    attention_copies,
    sglang_settings,
)
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import unknown_options

_DENSE_TENSOR_PARALLEL = "--moe-dense-tp-size"
# Beside these the engine may put the tensor parallel size in place of `--ep-size`.
_RESIZING_PARTS = ("context-parallel", "prefill-cp", "waterfill", "layernorm-sp", "moe-runner-backend")
_MEGA_KERNEL = "SGLANG_OPT_USE_DEEPGEMM_MEGA_MOE"
_NOT_STARTED = "SGLang will not start"


def _judge(deployment: Deployment) -> Judgement:
    settings = sglang_settings(deployment)
    if settings is None:
        return
    options = (
        *ATTENTION_OPTIONS,
        *EXPERT_OPTIONS,
        PIPELINE_PARALLEL,
        NODES,
        _DENSE_TENSOR_PARALLEL,
        LOAD_BALANCING,
    )
    unknown = tuple(unknown_options(deployment, *options))
    if unknown:
        yield from unknown
        return
    for at, message, fix in _contradictions(settings):
        yield Violation(path=option_path(deployment.workload, *at), message=f"{message}; {_NOT_STARTED}", fix=fix)


def _contradictions(settings: EngineSettings) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield the options, the message and the fix of each size that does not fit."""
    size = settings.tensor_parallel_size
    copies = attention_copies(settings)
    if size % copies:
        parts = "data x context parallel" if settings.attention_context_parallel_size > 1 else "data parallel"
        yield (
            (ATTENTION_DATA_PARALLEL, DATA_PARALLEL, ATTENTION_CONTEXT_PARALLEL),
            (
                f"the {parts} size {copies} of the attention does not divide the tensor parallel size {size}, "
                "whose ranks it shares"
            ),
            f"set it to one of {_divisors(size)}",
        )
    if settings.attention_data_parallel_size > 1 and settings.data_parallel_size > 1:
        yield (
            (DATA_PARALLEL,),
            (
                f"{DATA_PARALLEL} {settings.data_parallel_size} replicas and {ATTENTION_DATA_PARALLEL} "
                f"{settings.attention_data_parallel_size} are not supported together"
            ),
            f"remove {DATA_PARALLEL}; run replicas as replicas of the pod",
        )
    if _divides_nothing(settings) and sglang_fact_holds("lone-dp-attention-refused", settings.version):
        yield (
            (DATA_PARALLEL_ATTENTION,),
            (
                f'{DATA_PARALLEL_ATTENTION} with {DATA_PARALLEL} 1: "Please set a dp-size > 1. '
                'You can use 1 < dp-size <= tp-size"'
            ),
            f"remove {DATA_PARALLEL_ATTENTION}, or set {DATA_PARALLEL}",
        )
    ranks = size * settings.pipeline_parallel_size
    if ranks % settings.nodes:
        yield (
            (NODES,),
            (
                f"{ranks} ranks (tensor x pipeline parallel) do not divide over {settings.nodes} nodes: "
                '"tp_size must be divisible by number of nodes"'
            ),
            f"set {NODES} to one of {_divisors(ranks)}",
        )
    if settings.data_parallel_size > 1 and settings.nodes > 1:
        yield (
            (DATA_PARALLEL,),
            (
                f"{DATA_PARALLEL} {settings.data_parallel_size} means whole replicas, which may not span {NODES} "
                f"{settings.nodes}"
            ),
            "run replicas as replicas of the workload, or divide the attention with --enable-dp-attention",
        )
    yield from _expert_contradictions(settings)
    if _has_more_groups_than_ranks(settings):
        yield (
            (EXPERT_PARALLEL,),
            (
                f"{EXPERT_PARALLEL} {settings.expert_parallel_size} is more than the tensor parallel size {size}, "
                "whose ranks it shares: no rank is left for a group, and a bare AssertionError follows"
            ),
            f"set {EXPERT_PARALLEL} to one of {_divisors(size)}",
        )
    elif _are_groups_uneven(settings):
        yield (
            (EXPERT_PARALLEL,),
            (
                f"{EXPERT_PARALLEL} {settings.expert_parallel_size} does not divide tensor parallel size {size}, "
                'whose ranks it shares: "parallel topology is inconsistent"'
            ),
            f"set {EXPERT_PARALLEL} to one of {_divisors(size)}",
        )


def _expert_contradictions(settings: EngineSettings) -> Iterator[tuple[tuple[str, ...], str, str]]:
    size = settings.tensor_parallel_size
    copies = settings.expert_data_parallel_size
    groups = settings.expert_parallel_size or 1
    if copies > 1 and sglang_fact_holds("expert-data-parallel-size-checked", settings.version):
        if size % copies:
            yield (
                (EXPERT_DATA_PARALLEL,),
                f'{EXPERT_DATA_PARALLEL} {copies}: "tp_size must be divisible by moe_dp_size" ({size})',
                f"set {EXPERT_DATA_PARALLEL} to one of {_divisors(size)}",
            )
        elif groups > 1 and groups * copies != size:
            yield (
                (EXPERT_DATA_PARALLEL,),
                (
                    f'expert parallel size {groups} x {EXPERT_DATA_PARALLEL} {copies}: "ep_size * '
                    f'moe_dp_size must be equal to tp_size" ({size})'
                ),
                f"set {EXPERT_DATA_PARALLEL} to {size // groups}" if size % groups == 0 else "",
            )
        elif _are_copies_refused(settings):
            parts = settings.attention_context_parallel_size
            yield (
                (EXPERT_DATA_PARALLEL,),
                (
                    f'{EXPERT_DATA_PARALLEL} {copies} beside {ATTENTION_CONTEXT_PARALLEL} {parts}: "attn_cp_size '
                    '!= moe_dp_size is only supported when moe_dp_size == 1"'
                ),
                f"set {EXPERT_DATA_PARALLEL} to {parts}" if parts > 1 else f"remove {EXPERT_DATA_PARALLEL}",
            )
    if _balances_one_group(settings):
        yield (
            (LOAD_BALANCING,),
            f"{LOAD_BALANCING} moves experts between groups, of which there is one: a bare AssertionError follows",
            f"set {EXPERT_PARALLEL} to one of {_divisors(size, 2)}, or remove {LOAD_BALANCING}"
            if size > 1
            else f"remove {LOAD_BALANCING}",
        )
    dense = read_integer(settings.options.get(_DENSE_TENSOR_PARALLEL, "1"))
    may_be_whole = sglang_fact_holds("dense-tensor-parallel-size-may-be-whole", settings.version)
    if dense in {None, 1} or (dense == size and may_be_whole is not False):
        return
    accepted = f"1 or {size} (the tensor parallel size)" if may_be_whole and size > 1 else "1"
    yield (
        (_DENSE_TENSOR_PARALLEL,),
        f"{_DENSE_TENSOR_PARALLEL} {dense} is not supported, only {accepted}",
        f"set {_DENSE_TENSOR_PARALLEL} to {accepted}, or remove it",
    )


def _has_more_groups_than_ranks(settings: EngineSettings) -> bool:
    """Whether groups of experts are left without a rank, where the size is certainly the one that was written."""
    return (settings.expert_parallel_size or 1) > settings.tensor_parallel_size and _are_groups_as_written(settings)


def _are_groups_uneven(settings: EngineSettings) -> bool:
    """Whether groups of experts certainly leave a rest of the ranks, which the release refuses."""
    if settings.tensor_parallel_size % (settings.expert_parallel_size or 1) == 0:
        return False
    if sglang_fact_holds("expert-groups-divide-ranks", settings.version) is not True:
        return False
    return _are_groups_as_written(settings)


def _are_groups_as_written(settings: EngineSettings) -> bool:
    """Whether the experts are certainly spread over as many groups as were written."""
    if settings.expert_data_parallel_size > 1 or settings.attention_context_parallel_size > 1:
        # Judged by its own assertions, or set by the engine for some models.
        return False
    return not _may_be_resized(settings) and are_experts_spread(settings) is True


def _may_be_resized(settings: EngineSettings) -> bool:
    """Whether the engine may put other sizes in place of those that were written."""
    if settings.environment.get(_MEGA_KERNEL) is not None or settings.may_have_variable(_MEGA_KERNEL):
        return True
    return any(part in option for option in settings.options for part in _RESIZING_PARTS)


def _are_copies_refused(settings: EngineSettings) -> bool:
    """Whether copies of the experts beside another number of parts of the context certainly stop the engine."""
    if settings.expert_data_parallel_size == settings.attention_context_parallel_size or _may_be_resized(settings):
        return False
    return sglang_fact_holds("expert-copies-match-context-parts", settings.version) is True


def _balances_one_group(settings: EngineSettings) -> bool:
    """Whether load balancing is asked for where the experts are certainly in one group."""
    if settings.options.get(LOAD_BALANCING) != "true" or (settings.expert_parallel_size or 1) > 1:
        return False
    if ALL_TO_ALL in settings.options and settings.tensor_parallel_size > 1:
        return False
    if _may_be_resized(settings):
        return False
    return sglang_fact_holds("load-balancing-needs-expert-groups", settings.version) is True


def _divides_nothing(settings: EngineSettings) -> bool:
    return settings.options.get(DATA_PARALLEL_ATTENTION) == "true" and settings.attention_data_parallel_size == 1


def _divisors(number: int, least: int = 1) -> str:
    return ", ".join(str(size) for size in range(least, min(number, 64) + 1) if number % size == 0)


RULE = Rule(
    identifier="NS802",
    name="sglang-parallel-sizes-do-not-fit",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
