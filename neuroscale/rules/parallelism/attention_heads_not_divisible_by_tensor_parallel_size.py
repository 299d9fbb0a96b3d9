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

vLLM, every version, also inside KServe's huggingfaceserver; every model with attention layers. SGLang 0.4.6.post5
to 0.5.23 for the model classes that assert whole heads in every release, and without the engine's explanation:
there each copy of the attention (`--attn-dp-size`, or `--dp-size` beside `--enable-dp-attention`) has the ranks
that are left of the tensor parallel size, so that 8 ranks suit 20 heads when two copies share them. NS001 names
other classes. TensorRT-LLM 1.3.0rc3, whose ranks hold whole attention with `enable_attention_dp`; and Text
Generation Inference for Llama, Mistral (1.1.0 to 3.3.7), Mixtral and Qwen2 (1.4.5 to 3.3.7).

## References

- vLLM `config/model.py`, `verify_with_parallel_config`, read in 0.10.2 to 0.33.0
- vLLM model classes with heads per layer: `models/laguna.py`, `models/step3p5.py`, `models/inkling`, read in 0.33.0
- SGLang `srt/models`, every class that asserts its heads, read in 0.4.6.post5 to 0.5.23
- TensorRT-LLM `_torch/modules/attention.py`, read in 1.3.0rc3
- Text Generation Inference `models/custom_modeling`, read in 1.1.0 to 3.3.7
- vLLM, "Parallelism and Scaling": <https://docs.vllm.ai/en/latest/serving/parallelism_scaling.html>
"""

from neuroscale.architecture.model import Attention
from neuroscale.rules.divisibility import join_sizes, undivided_heads
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.head_shares import HeadShare, head_share, unread_class
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import partly_read


def _judge(deployment: Deployment) -> Judgement:
    share = head_share(deployment)
    if share is None:
        return
    unknown = tuple(share.unknown(deployment, *share.options))
    if unknown or share.ways == 1:
        yield from unknown
        return
    architecture = deployment.architecture
    if architecture is None or architecture.attention is None:
        yield from partly_read(deployment)
        return
    undivided = undivided_heads(architecture.attention, share.ways)
    if not undivided:
        return
    if not share.asserts_heads(architecture):
        yield from unread_class(deployment, share)
        return
    yield Violation(
        path=option_path(deployment.workload, *share.options),
        message=_message(architecture.attention, undivided, share),
        fix=share.fix(deployment, architecture),
    )


def _message(attention: Attention, undivided: tuple[int, ...], share: HeadShare) -> str:
    heads = attention.heads
    bare = f"{share.engine} will not start: the model's constructor fails with a bare AssertionError"
    if heads not in undivided:
        # The engine's check of the configuration looks at the stated number alone.
        return (
            f"{share.size} divides the {heads} attention heads that the configuration states, but not "
            f"the {join_sizes(undivided)} of other layers; {bare}"
        )
    if not share.refusal:
        return f"{share.size} does not divide the {heads} attention heads; {bare}"
    return (
        f"{share.size} does not divide the {heads} attention heads; {share.engine} will not start: "
        f'"{share.refusal.format(heads=heads, ways=share.ways)}"'
    )


RULE = Rule(
    identifier="NS101",
    name="attention-heads-not-divisible-by-tensor-parallel-size",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
