"""The tensor parallel size must divide the attention heads.

## What it does

Checks that the tensor parallel size divides the number of attention heads of the model.

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
- vLLM, "Parallelism and Scaling": <https://docs.vllm.ai/en/latest/serving/parallelism_scaling.html>
"""

from neuroscale.rules.divisibility import heads_divide, join_sizes, valid_sizes
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
    heads = architecture.attention.heads
    if heads_divide(heads, size):
        return
    valid = valid_sizes(architecture, settings)
    yield Violation(
        path=option_path(deployment.workload, TENSOR_PARALLEL),
        message=(
            f"tensor parallel size {size} does not divide the {heads} attention heads; vLLM will not start: "
            f'"Total number of attention heads ({heads}) must be divisible by tensor parallel size ({size})."'
        ),
        fix=f"set {option_name(deployment.workload, TENSOR_PARALLEL)} to one of {join_sizes(valid)}"
        if valid
        else "",
    )


RULE = Rule(
    identifier="NS101",
    name="attention-heads-not-divisible-by-tensor-parallel-size",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
