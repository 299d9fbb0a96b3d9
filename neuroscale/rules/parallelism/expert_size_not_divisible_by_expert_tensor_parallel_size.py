"""The ranks that share an expert must divide its intermediate size.

## What it does

Checks that the intermediate size of one routed expert can be cut evenly over the ranks that share it. Without
expert parallelism these are all ranks of the deployment: tensor x prefill-context x **data** parallel size.
With expert parallelism each expert stays whole and the rule has nothing to say.

## Why it matters

It is easy to miss that data parallelism cuts experts. The attention of a Mixture-of-Experts model is copied to
each data-parallel rank, but its expert layers form one tensor-parallel group over all of them, so
`--data-parallel-size=3` divides the experts by three although nothing in the flags mentions tensors. vLLM
asserts the division without a message.

## Example

```yaml
# experts of 768: 768 / (1 x 1 x 5) is no whole number
args: ["--model=Qwen/Qwen3-30B-A3B", "--data-parallel-size=5"]
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-30B-A3B", "--data-parallel-size=5", "--enable-expert-parallel"]   # experts stay whole
# or a product of sizes that divides 768, such as 4
```

## Applies to

Mixture-of-Experts models on vLLM 0.10.2 and later; a warning on older versions, which were not read. Data
parallelism without expert parallelism is legal in itself: the rule is only about the division.

## References

- vLLM `fused_moe/config.py`, `FusedMoEParallelConfig.make`; `fused_moe/layer.py`; read in 0.10.2 to 0.33.0
- vLLM, "Data Parallel Deployment": <https://docs.vllm.ai/en/latest/serving/data_parallel_deployment.html>
"""

from packaging.version import Version

from neuroscale.engines.settings import EngineSettings
from neuroscale.rules.divisibility import expert_tensor_parallel_size, join_sizes, valid_sizes
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_name, option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import (
    DATA_PARALLEL,
    EXPERT_PARALLEL,
    PREFILL_CONTEXT_PARALLEL,
    TENSOR_PARALLEL,
    partly_read,
    unknown_options,
    vllm_settings,
)

_FIRST_VERSION_READ = Version("0.10.2")


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    if settings is None:
        return
    architecture = deployment.architecture
    if architecture is not None and architecture.is_mixture_of_experts is False:
        return
    unknown = tuple(
        unknown_options(deployment, TENSOR_PARALLEL, DATA_PARALLEL, PREFILL_CONTEXT_PARALLEL, EXPERT_PARALLEL)
    )
    if unknown or settings.expert_tensor_parallel_size == 1:
        yield from unknown
        return
    if architecture is None or architecture.experts is None:
        yield from partly_read(deployment)
        return
    width = architecture.experts.expert_intermediate_size
    ways = expert_tensor_parallel_size(architecture, settings)
    if width % ways == 0:
        return
    is_old = settings.version is not None and settings.version < _FIRST_VERSION_READ
    yield Violation(
        path=option_path(deployment.workload, DATA_PARALLEL, TENSOR_PARALLEL, PREFILL_CONTEXT_PARALLEL),
        message=(
            f"the experts' intermediate size {width} is not divisible by {ways} ({_factors(settings)}); without "
            "expert parallelism every rank takes an equal slice of each expert, and vLLM stops with a bare "
            "AssertionError"
        ),
        fix=_fix(deployment, settings),
        severity=Severity.WARN if is_old else None,
    )


def _factors(settings: EngineSettings) -> str:
    factors = (
        ("tensor", settings.tensor_parallel_size),
        ("prefill context", settings.prefill_context_parallel_size),
        ("data", settings.data_parallel_size),
    )
    return " x ".join(f"{name} parallel {size}" for name, size in factors if size > 1)


def _fix(deployment: Deployment, settings: EngineSettings) -> str:
    ways_out = [f"add {EXPERT_PARALLEL}, which keeps each expert whole"]
    architecture = deployment.architecture
    if architecture is not None:
        tensor = valid_sizes(architecture, settings)
        data = valid_sizes(architecture, settings, "data_parallel_size")
        if tensor:
            ways_out.append(
                f"set {option_name(deployment.workload, TENSOR_PARALLEL)} to one of {join_sizes(tensor)}"
            )
        if data and settings.data_parallel_size > 1:
            ways_out.append(f"set {option_name(deployment.workload, DATA_PARALLEL)} to one of {join_sizes(data)}")
    return ", or ".join(ways_out)


RULE = Rule(
    identifier="NS103",
    name="expert-size-not-divisible-by-expert-tensor-parallel-size",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
