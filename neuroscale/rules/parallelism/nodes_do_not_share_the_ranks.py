"""The nodes of one engine must share its ranks evenly, and each must be one of them.

## What it does

Checks, where an engine is spread over nodes by `--nnodes`, that the number of nodes divides all ranks (tensor x
pipeline x prefill-context x data parallel size), that `--node-rank` is one of the nodes, and that data-parallel
ranks are not left to Ray.

## Why it matters

The number of nodes stands in every pod of the group beside the parallel sizes, and is edited apart from them. vLLM
stops before it waits for the other nodes: ``Invalid data-parallel launch options: `--nnodes 3` must evenly divide
the total world size (8).`` Nodes count from 0, so that the last of two is number 1: a second pod told
`--node-rank=2` is refused while the first waits for it, with its accelerators reserved.

## Example

```yaml
args: ["--model=Qwen/Qwen3-32B", "--tensor-parallel-size=8", "--nnodes=2", "--node-rank=2"]
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-32B", "--tensor-parallel-size=8", "--nnodes=2", "--node-rank=1"]
```

## Applies to

vLLM from 0.11.2 on, the first release that was read to have the option. Silent about a number that the manifest
does not tell, such as `$(LWS_GROUP_SIZE)`.

## References

- vLLM `engine/arg_utils.py`, `EngineArgs.create_engine_config`, read in 0.11.2 to 0.33.0
"""

from collections.abc import Iterator

from packaging.version import Version

from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.values import read_integer
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import (
    DATA_PARALLEL,
    PIPELINE_PARALLEL,
    PREFILL_CONTEXT_PARALLEL,
    TENSOR_PARALLEL,
    are_known,
    vllm_settings,
)

_NODES, _NODE_RANK, _BACKEND = "--nnodes", "--node-rank", "--data-parallel-backend"
_SIZES = (TENSOR_PARALLEL, PIPELINE_PARALLEL, PREFILL_CONTEXT_PARALLEL, DATA_PARALLEL)
_FIRST_VERSION = Version("0.11.2")
_FIRST_WITH_ITS_OWN_WORDS = Version("0.27.1")


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    if settings is None or (settings.version is not None and settings.version < _FIRST_VERSION):
        return
    nodes = read_integer(settings.options.get(_NODES, ""))
    if nodes is None or nodes < 2 or not are_known(deployment, _NODES):
        return
    yield from _ranks_left_to_ray(deployment, settings, nodes)
    yield from _uneven_ranks(deployment, settings, nodes)
    yield from _node_out_of_range(deployment, settings, nodes)


def _ranks_left_to_ray(deployment: Deployment, settings: EngineSettings, nodes: int) -> Iterator[Violation]:
    if settings.options.get(_BACKEND) != "ray" or not are_known(deployment, _BACKEND):
        return
    said = f"`--nnodes {nodes}` requires `--data-parallel-backend mp`; got `--data-parallel-backend ray`."
    before = "nnodes > 1 is only supported with data_parallel_backend=mp"
    yield Violation(
        path=option_path(deployment.workload, _BACKEND),
        message=(
            f"{_NODES} {nodes} spreads the ranks without Ray, and {_BACKEND} leaves them to it; "
            f'vLLM will not start: "{said if _has_own_words(settings) else before}"'
        ),
        fix=f"remove {_BACKEND}, or remove {_NODES} and {_NODE_RANK} and let Ray place the ranks",
    )


def _uneven_ranks(deployment: Deployment, settings: EngineSettings, nodes: int) -> Iterator[Violation]:
    ranks = (
        settings.tensor_parallel_size
        * settings.pipeline_parallel_size
        * settings.prefill_context_parallel_size
        * settings.data_parallel_size
    )
    if ranks % nodes == 0 or not are_known(deployment, *_SIZES):
        return
    said = f"`--nnodes {nodes}` must evenly divide the total world size ({ranks})."
    before = f"world_size={ranks} must be divisible by nnodes={nodes}."
    yield Violation(
        path=option_path(deployment.workload, _NODES),
        message=(
            f"{nodes} nodes cannot share {ranks} ranks evenly; vLLM will not start: "
            f'"{said if _has_own_words(settings) else before}"'
        ),
        fix=f"set {_NODES} to a divisor of {ranks}, or the parallel sizes to a multiple of {nodes} ranks",
    )


def _node_out_of_range(deployment: Deployment, settings: EngineSettings, nodes: int) -> Iterator[Violation]:
    rank = read_integer(settings.options.get(_NODE_RANK, ""))
    if rank is None or rank < nodes or not are_known(deployment, _NODE_RANK):
        return
    said = f"`--node-rank` must be between 0 and {nodes - 1}; got `--node-rank {rank}`."
    before = f"node_rank={rank} must be less than nnodes={nodes}."
    yield Violation(
        path=option_path(deployment.workload, _NODE_RANK),
        message=(
            f"there is no node {rank} of {nodes}: nodes count from 0; vLLM will not start: "
            f'"{said if _has_own_words(settings) else before}"'
        ),
        fix=f"give each pod of the group a {_NODE_RANK} from 0 to {nodes - 1}",
    )


def _has_own_words(settings: EngineSettings) -> bool:
    return settings.version is None or settings.version >= _FIRST_WITH_ITS_OWN_WORDS


RULE = Rule(
    identifier="NS123",
    name="nodes-do-not-share-the-ranks",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
