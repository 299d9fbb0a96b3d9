"""The tensor parallel size must divide the attention heads.

## What it does

Checks that the tensor parallel size divides the number of attention heads of the model, and of each layer that
has a number of its own (Laguna, Inkling, Step-3.5).

## Why it matters

Tensor parallelism gives every rank the same number of whole attention heads. Where that is impossible vLLM
stops before it loads a single weight: `ValueError: Total number of attention heads (20) must be divisible by
tensor parallel size (8).` The manifest is valid, the pod is scheduled, eight accelerators are reserved, and the
container restarts for ever. Sizes that work for one model fail for the next: 20 heads (GLM-4.7-Flash), 28
(Qwen2-57B) and 12 (granite-4.0-h-tiny) all rule out 8.

## Example

```yaml
args: ["--model=zai-org/GLM-4.7-Flash", "--tensor-parallel-size=8"]   # 20 attention heads
```

## Use instead

```yaml
args: ["--model=zai-org/GLM-4.7-Flash", "--tensor-parallel-size=4"]   # 5 heads per rank
```

More accelerators than the largest valid size can still be used: by pipeline parallelism, by data parallelism
for a Mixture-of-Experts model, or by more replicas.

## Applies to

vLLM, every version, also inside KServe's huggingfaceserver; every model with attention layers.

## References

- vLLM `config/model.py`, `verify_with_parallel_config`, read in 0.10.2 to 0.33.0
- vLLM model classes with heads per layer: `models/laguna.py`, `models/step3p5.py`, `models/inkling`, read in 0.33.0
- vLLM, "Parallelism and Scaling": <https://docs.vllm.ai/en/latest/serving/parallelism_scaling.html>
"""

from neuroscale.architecture.model import Attention
from neuroscale.rules.divisibility import join_sizes, undivided_heads, valid_sizes
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_name, option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import TENSOR_PARALLEL, partly_read, unknown_options, vllm_settings


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    if settings is None:
        return
    unknown = tuple(unknown_options(deployment, TENSOR_PARALLEL))
    size = settings.tensor_parallel_size
    if unknown or size == 1:
        yield from unknown
        return
    architecture = deployment.architecture
    if architecture is None or architecture.attention is None:
        yield from partly_read(deployment)
        return
    undivided = undivided_heads(architecture.attention, size)
    if not undivided:
        return
    valid = valid_sizes(architecture, settings)
    yield Violation(
        path=option_path(deployment.workload, TENSOR_PARALLEL),
        message=_message(architecture.attention, undivided, size),
        fix=f"set {option_name(deployment.workload, TENSOR_PARALLEL)} to one of {join_sizes(valid)}"
        if valid
        else "",
    )


def _message(attention: Attention, undivided: tuple[int, ...], size: int) -> str:
    heads = attention.heads
    if heads in undivided:
        return (
            f"tensor parallel size {size} does not divide the {heads} attention heads; vLLM will not start: "
            f'"Total number of attention heads ({heads}) must be divisible by tensor parallel size ({size})."'
        )
    # The engine's check of the configuration looks at the stated number alone.
    return (
        f"tensor parallel size {size} divides the {heads} attention heads that the configuration states, but not "
        f"the {join_sizes(undivided)} of other layers; vLLM will not start: the model's constructor fails with a "
        "bare AssertionError"
    )


RULE = Rule(
    identifier="NS101",
    name="attention-heads-not-divisible-by-tensor-parallel-size",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
