"""The data-parallel options must fit each other.

## What it does

Checks that the local ranks are no more than all ranks, that a given rank exists, is one of several and is alone in
its pod, that one way of balancing the load is chosen, and that hybrid balancing is told the local ranks.

## Why it matters

These options are spread over the manifests of several pods and edited one by one. vLLM stops at the first that
contradicts another: `ValueError: data_parallel_size_local (8) must be <= data_parallel_size (4)`, or
`data_parallel_rank (4) must be in the range [0, 4)`: ranks count from 0. A rank without `--data-parallel-size` is
refused too: `data_parallel_external_lb can only be set when data_parallel_size > 1`.

## Example

```yaml
args: ["--model=Qwen/Qwen3-30B-A3B", "--data-parallel-size=4", "--data-parallel-rank=4"]
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-30B-A3B", "--data-parallel-size=4", "--data-parallel-rank=3"]
```

## Applies to

vLLM 0.9.2 and later.

## References

- vLLM `config/parallel.py` (`ParallelConfig`) and `engine/arg_utils.py`, read in 0.9.2 to 0.33.0
"""

from collections.abc import Iterator

from packaging.version import Version

from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.values import read_integer
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_name, option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import DATA_PARALLEL, DATA_PARALLEL_LOCAL, are_known, vllm_settings

_RANK = "--data-parallel-rank"
_START_RANK = "--data-parallel-start-rank"
_HEADLESS = "--headless"
_EXTERNAL, _HYBRID = "--data-parallel-external-lb", "--data-parallel-hybrid-lb"
# Beside these the local ranks follow, or another error comes first.
_SAY_THE_RANKS = frozenset({_RANK, _EXTERNAL, "--nnodes", "--node-rank", _HEADLESS})
_SIZE_VARIABLE = "VLLM_DP_SIZE"
_RANK_ALONE = "an external data-parallel rank requires `--data-parallel-size-local 1`"
_RANK_ALONE_BEFORE = "data_parallel_size_local must be 1 or None when data_parallel_rank is set"
_FIRST_WITH_ITS_OWN_WORDS = Version("0.27.1")
_FIRST_VERSION_READ = Version("0.9.2")


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    if settings is None or (settings.version is not None and settings.version < _FIRST_VERSION_READ):
        return
    if settings.options.get(_EXTERNAL) == "true" == settings.options.get(_HYBRID):
        yield Violation(
            path=option_path(deployment.workload, _HYBRID),
            message=(
                f"{_EXTERNAL} and {_HYBRID} choose two ways of balancing the load; vLLM will not start: it takes "
                "one of them"
            ),
            fix=f"remove {_EXTERNAL} or {_HYBRID}",
        )
    if are_known(deployment, DATA_PARALLEL):
        yield from _too_many_local_ranks(deployment, settings)
        yield from _rank_out_of_range(deployment, settings)
        yield from _rank_of_one(deployment, settings)
        yield from _rank_beside_others(deployment, settings)
        yield from _hybrid_without_local_ranks(deployment, settings)


def _too_many_local_ranks(deployment: Deployment, settings: EngineSettings) -> Iterator[Violation]:
    local, ranks = settings.data_parallel_size_local, settings.data_parallel_size
    if local is None or local <= ranks or not are_known(deployment, DATA_PARALLEL_LOCAL):
        return
    yield Violation(
        path=option_path(deployment.workload, DATA_PARALLEL_LOCAL),
        message=(
            f"{local} local data-parallel ranks are more than all {ranks}; vLLM will not start: "
            f'"data_parallel_size_local ({local}) must be <= data_parallel_size ({ranks})"'
        ),
        fix=(
            f"set {option_name(deployment.workload, DATA_PARALLEL)} to the ranks of all pods together, or "
            f"{option_name(deployment.workload, DATA_PARALLEL_LOCAL)} to at most {ranks}"
        ),
    )


def _rank_out_of_range(deployment: Deployment, settings: EngineSettings) -> Iterator[Violation]:
    ranks = settings.data_parallel_size
    rank = read_integer(settings.options.get(_RANK, ""))
    if rank is None or ranks == 1 or 0 <= rank < ranks or not are_known(deployment, _RANK):
        return
    yield Violation(
        path=option_path(deployment.workload, _RANK),
        message=(
            f"there is no data-parallel rank {rank} of {ranks}; vLLM will not start: "
            f'"data_parallel_rank ({rank}) must be in the range [0, {ranks})"'
        ),
        fix=f"give each pod a rank from 0 to {ranks - 1}, or raise {DATA_PARALLEL}",
    )


def _rank_of_one(deployment: Deployment, settings: EngineSettings) -> Iterator[Violation]:
    rank = read_integer(settings.options.get(_RANK, ""))
    is_sized = (
        settings.data_parallel_size != 1
        or _SIZE_VARIABLE in settings.environment
        or settings.may_have_variable(_SIZE_VARIABLE)
    )
    if (
        rank is None
        or is_sized
        or (settings.data_parallel_size_local or 1) != 1
        or not are_known(deployment, _RANK)
    ):
        return
    yield Violation(
        path=option_path(deployment.workload, _RANK),
        message=(
            f"{_RANK} names one rank of several, and {DATA_PARALLEL} is 1; vLLM will not start: "
            '"data_parallel_external_lb can only be set when data_parallel_size > 1"'
        ),
        fix=f"set {DATA_PARALLEL} to the ranks of all pods together, or remove {_RANK}",
    )


def _rank_beside_others(deployment: Deployment, settings: EngineSettings) -> Iterator[Violation]:
    """Yield where a pod is given one rank and is to run several."""
    rank, local = read_integer(settings.options.get(_RANK, "")), settings.data_parallel_size_local
    if rank is None or local is None or local in {0, 1} or not are_known(deployment, _RANK, DATA_PARALLEL_LOCAL):
        return
    if _HEADLESS in settings.options or local > settings.data_parallel_size:
        return
    is_new = settings.version is None or settings.version >= _FIRST_WITH_ITS_OWN_WORDS
    yield Violation(
        path=option_path(deployment.workload, DATA_PARALLEL_LOCAL),
        message=(
            f"{_RANK} gives this pod one rank, and {DATA_PARALLEL_LOCAL} asks for {local} in it; vLLM will not "
            f'start: "{_RANK_ALONE if is_new else _RANK_ALONE_BEFORE}"'
        ),
        fix=f"remove {DATA_PARALLEL_LOCAL}, or give the first rank of the pod with {_START_RANK}",
    )


def _hybrid_without_local_ranks(deployment: Deployment, settings: EngineSettings) -> Iterator[Violation]:
    """Yield where a pod is to balance over its own ranks and is not told how many they are."""
    if settings.options.get(_HYBRID) != "true" or settings.data_parallel_size_local is not None:
        return
    if _SAY_THE_RANKS & {*settings.options, *settings.unresolved}:
        return
    if not are_known(deployment, DATA_PARALLEL_LOCAL, _HYBRID, *_SAY_THE_RANKS):
        return
    yield Violation(
        path=option_path(deployment.workload, _HYBRID),
        message=(
            f"{_HYBRID} balances over the ranks of the pod, and nothing tells how many they are; vLLM will not "
            f"start: it requires {DATA_PARALLEL_LOCAL}"
        ),
        fix=f"add {DATA_PARALLEL_LOCAL}, or remove {_HYBRID}",
    )


RULE = Rule(
    identifier="NS109",
    name="data-parallel-options-contradict-each-other",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
