"""The tensor parallel size must share out the KV heads evenly.

## What it does

Checks that the key/value heads of every attention shape of the model can be shared out over the tensor parallel
ranks: up to the number of KV heads, the size must divide it; above, the size must be a multiple of it, because
KV heads are then copied. Models with two shapes (Gemma 4: sliding and global layers) are checked for both.

## Why it matters

The number of attention heads may divide well while the KV heads do not. vLLM's model classes assert it without
a word of explanation, so the pod dies with a bare `AssertionError` from deep inside the model's constructor,
after the scheduler has reserved every accelerator.

## Example

```yaml
args: ["--model=Qwen/Qwen3-Coder-480B-A35B-Instruct", "--tensor-parallel-size=6"]   # 96 heads, but 8 KV heads
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-Coder-480B-A35B-Instruct", "--tensor-parallel-size=8"]   # one KV head per rank
```

## Applies to

vLLM 0.10.2 and later, also inside huggingfaceserver. Not to multi-head latent attention (MLA: DeepSeek,
Kimi-K2, GLM-5), whose one latent row per token is copied to every rank whatever the size. Replication itself (a
size above the number of KV heads) is legal and costs KV cache; it is no violation, except for gpt-oss, whose class
copies no KV heads and divides by zero. SGLang 0.4.6.post5 to 0.5.23 for
the model classes that assert it in every release, by the ranks of each copy of the attention. Text Generation
Inference 2.2.0 to 3.3.7 for Llama, where KV heads are never copied: the number of shards has to divide them.

## References

- vLLM model classes such as `models/gemma4.py`, `models/gpt_oss.py`, `models/qwen3_moe.py` and
  `models/mixtral.py`, read in 0.10.2 to 0.33.0
- SGLang `srt/models`, every class that asserts its heads, read in 0.4.6.post5 to 0.5.23
- Text Generation Inference `models/custom_modeling/flash_llama_modeling.py`, read in 2.0.4 to 3.3.7
"""

from neuroscale.architecture.model import Attention
from neuroscale.rules.divisibility import kv_head_counts, kv_heads_divide
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.head_shares import HeadShare, head_share, unread_class
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import partly_read


def _judge(deployment: Deployment) -> Judgement:
    share = head_share(deployment)
    if share is None or share.asserts_kv_heads is None:
        return
    unknown = tuple(share.unknown(deployment, *share.options))
    size = share.ways
    if unknown or size == 1:
        yield from unknown
        return
    architecture = deployment.architecture
    if architecture is None or architecture.attention is None or _is_uncertain(architecture.attention, size):
        yield from partly_read(deployment)
        return
    undivided = [count for count in kv_head_counts(architecture.attention) if not _divide(share, count)]
    conditions = [_condition(share, kv_heads) for kv_heads in undivided]
    if conditions and not share.asserts_kv_heads(architecture):
        yield from unread_class(deployment, share)
    elif conditions:
        yield Violation(
            path=option_path(deployment.workload, *share.options),
            message=(
                f"{share.size} {' and '.join(conditions)}; {share.engine} will not start: "
                f"{_error(share, undivided[0])}"
            ),
            fix=share.fix(deployment, architecture),
        )


def _divide(share: HeadShare, kv_heads: int) -> bool:
    return kv_heads_divide(kv_heads, share.ways) if share.copies_kv_heads else kv_heads % share.ways == 0


def _condition(share: HeadShare, kv_heads: int) -> str:
    if share.ways < kv_heads or not share.copies_kv_heads:
        return f"does not divide the {kv_heads} KV heads"
    return f"is not a multiple of the {kv_heads} KV heads"


def _error(share: HeadShare, kv_heads: int) -> str:
    if not share.kv_refusal:
        return "the model's constructor fails with a bare AssertionError"
    return f'"{share.kv_refusal.format(kv_heads=kv_heads, ways=share.ways)}"'


def _is_uncertain(attention: Attention, size: int) -> bool:
    """Whether the layers are not known one by one and the stated KV heads alone would not pass."""
    return (
        not attention.groups
        and not attention.is_latent
        and attention.kv_heads > 0
        and not kv_heads_divide(attention.kv_heads, size)
    )


RULE = Rule(
    identifier="NS102",
    name="kv-heads-not-divisible-by-tensor-parallel-size",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
