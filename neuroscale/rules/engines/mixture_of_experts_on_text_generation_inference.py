"""Text Generation Inference knows no expert parallelism, and is in maintenance mode.

## What it does

Notes that a Mixture-of-Experts model is served by Text Generation Inference with several shards.

## Why it matters

Every expert is cut over all shards: there is no expert parallelism and no data parallelism to choose instead, so
each shard multiplies thin slices of every expert. The project takes only minor fixes since 11 December 2025 and
names vLLM and SGLang as engines to use, so new architectures do not come.

## Example

```yaml
image: ghcr.io/huggingface/text-generation-inference:3.3.7
args: [--model-id=mistralai/Mixtral-8x7B-Instruct-v0.1, --num-shard=4]
```

## Use instead

```yaml
image: vllm/vllm-openai:v0.33.0
args: [--model=mistralai/Mixtral-8x7B-Instruct-v0.1, --tensor-parallel-size=4, --enable-expert-parallel]
```

## Applies to

Text Generation Inference, every version, with a Mixture-of-Experts model and more than one shard. It never denies.

## References

- Text Generation Inference, README: maintenance mode (#3344)
- Text Generation Inference `launcher/src/main.rs`, `Args`, read in every release from 1.0.0 to 3.3.7
"""

from neuroscale.engines.text_generation_inference import NUMBER_OF_SHARDS
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.text_generation_inference import text_generation_inference_settings


def _judge(deployment: Deployment) -> Judgement:
    settings = text_generation_inference_settings(deployment)
    architecture = deployment.architecture
    experts = None if architecture is None else architecture.experts
    if settings is None or experts is None or settings.tensor_parallel_size < 2:
        return
    yield Violation(
        path=option_path(deployment.workload, NUMBER_OF_SHARDS),
        message=(
            f"each of the {experts.routed_experts} experts is cut over {settings.tensor_parallel_size} shards: "
            "Text Generation Inference has no expert or data parallelism, and is in maintenance mode"
        ),
        fix="serve the model by vLLM or SGLang, which its project recommends",
    )


RULE = Rule(
    identifier="NS806",
    name="mixture-of-experts-on-text-generation-inference",
    severity=Severity.INFO,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
