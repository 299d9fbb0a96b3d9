"""SGLang's expert parallel size must divide the experts.

## What it does

Checks that the routed experts of a model, with the redundant ones, can be shared out evenly over the groups of
`--ep-size`, or over the whole tensor parallel group where an all-to-all backend or an older switch spreads them.

## Why it matters

vLLM takes any number of ranks and gives the remainder to the first; SGLang asserts the division while it builds
the first expert layer, with a bare `AssertionError`, after the accelerators were reserved. A manifest that moves
from one engine to the other meets it, and so does `--moe-a2a-backend deepep`, which sets the expert parallel size
to the tensor parallel size whatever `--ep-size` says.

## Example

```yaml
# 128 experts cannot be shared out over 6 ranks
args: ["--model-path=Qwen/Qwen3-30B-A3B", "--tp=6", "--ep=6"]
```

## Use instead

```yaml
args: ["--model-path=Qwen/Qwen3-30B-A3B", "--tp=4", "--ep=4"]
```

## Applies to

SGLang 0.4.6.post5 to 0.5.23. Up to 0.4.9.post6 `--ep-size` alone has no effect, so only `--enable-ep-moe` and
`--enable-deepep-moe` are judged there, and nothing where the image tag does not tell the version and `--ep-size`
stands alone. Silent with KTransformers and elastic expert parallelism. Never said of vLLM.

## References

- SGLang `layers/moe/fused_moe_triton/layer.py`, `layers/moe/ep_moe/layer.py` and `server_args.py`, read in
  0.4.6.post5 to 0.5.23
"""

from neuroscale.rules.divisibility import join_sizes
from neuroscale.rules.finding import Judgement, MissingFact, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.sglang import (
    ALL_TO_ALL,
    EXPERT_OPTIONS,
    EXPERT_PARALLEL,
    REDUNDANT_EXPERTS,
    TENSOR_PARALLEL,
    are_experts_spread,
    expert_slots,
    sglang_settings,
)
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import partly_read, unknown_options

_LARGEST_SIZE_TRIED = 16


def _judge(deployment: Deployment) -> Judgement:
    settings = sglang_settings(deployment)
    architecture = deployment.architecture
    if settings is None or (architecture is not None and architecture.is_mixture_of_experts is False):
        return
    unknown = tuple(unknown_options(deployment, *EXPERT_OPTIONS, REDUNDANT_EXPERTS))
    spread = are_experts_spread(settings)
    if unknown or spread is False:
        yield from unknown
        return
    slots = None if architecture is None else expert_slots(architecture, settings)
    if architecture is None or slots is None:
        yield from partly_read(deployment)
        return
    size = settings.expert_parallel_size or 1
    if slots % size == 0:
        return
    if spread is None:
        yield MissingFact(
            (*deployment.workload.container_path, "image"),
            f"the version of SGLang is not known, and {EXPERT_PARALLEL} {size} on {slots} experts depends on it: "
            "up to 0.4.9.post6 it has no effect alone, later the engine does not start",
            "name a released version in the image tag",
            Severity.INFO,
        )
        return
    redundant = " (redundant ones included)" if REDUNDANT_EXPERTS in settings.options else ""
    valid = [ways for ways in range(1, _LARGEST_SIZE_TRIED + 1) if slots % ways == 0]
    yield Violation(
        path=option_path(deployment.workload, EXPERT_PARALLEL, ALL_TO_ALL, TENSOR_PARALLEL),
        message=(
            f"expert parallel size {size} does not divide the {slots} experts{redundant}; SGLang will not start: "
            "its expert layer fails with a bare AssertionError"
        ),
        fix=f"set the expert parallel size to one of {join_sizes(valid)}",
    )


RULE = Rule(
    identifier="NS801",
    name="sglang-experts-not-divisible-by-expert-parallel-size",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
