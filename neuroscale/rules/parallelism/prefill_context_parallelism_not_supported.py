"""Prefill-context parallelism needs attention that supports it, and few kinds do.

## What it does

Checks that a model served with `--prefill-context-parallel-size` above 1 has attention for which the release of
vLLM can share out a prompt.

## Why it matters

The option is accepted with every model, and its ranks are reserved like any others. Up to 0.25.1 none of the
attention implementations that vLLM ships support it: the workers load the whole model and then stop with
`AssertionError: PCP requires attention impls' support, but the impl FlashAttentionImpl does not support PCP.` From
0.26.0 on latent attention (MLA) does; for grouped-query attention vLLM finds no implementation at all:
`ValueError: No valid attention backend found`.

## Example

```yaml
args: ["--model=Qwen/Qwen3-30B-A3B", "--tensor-parallel-size=2", "--prefill-context-parallel-size=2"]
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-30B-A3B", "--tensor-parallel-size=4"]
```

## Applies to

vLLM 0.13.0 to 0.33.0 on NVIDIA and AMD GPUs: every attention up to 0.25.1, attention whose layers keep keys and
values of the whole sequence or of a window from 0.26.0 on. A warning where the image tag does not tell the version.
Silent about attention of other kinds (linear, state-space, sparse), and about other accelerators, whose plugins
bring attention of their own.

## References

- vLLM `v1/worker/cp_utils.py` (`check_attention_cp_compatibility`) and `v1/attention/backend.py` (`supports_pcp`,
  `validate_configuration`), read in 0.13.0 to 0.33.0
"""

from dataclasses import replace

from packaging.version import Version

from neuroscale.architecture.model import Attention
from neuroscale.rules.divisibility import join_sizes, valid_sizes
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_name, option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import PREFILL_CONTEXT_PARALLEL, TENSOR_PARALLEL, are_known, vllm_settings

_GPU_RESOURCES = frozenset({"nvidia.com/gpu", "amd.com/gpu"})
_FIRST_VERSION, _FIRST_WITH_LATENT = Version("0.13.0"), Version("0.26.0")
_LAST_VERSION = Version("0.33.0")
_PLAIN_KINDS = frozenset({"full", "sliding", "chunked"})
# Other attention than the class's own.
_OTHERS = frozenset({"--model-impl", "--attention-backend", "--attention-config"})


def _judge(deployment: Deployment) -> Judgement:
    settings, architecture = vllm_settings(deployment), deployment.architecture
    request = deployment.workload.accelerators
    if settings is None or settings.prefill_context_parallel_size == 1 or architecture is None:
        return
    if request is None or request.resource_name not in _GPU_RESOURCES or settings.gives_any(_OTHERS):
        return
    version, attention = settings.version, architecture.attention
    if version is not None and not _FIRST_VERSION <= version <= _LAST_VERSION:
        return
    if attention is None or not are_known(deployment, PREFILL_CONTEXT_PARALLEL, *_OTHERS):
        return
    is_plain = _is_plain(attention)
    # Only layers of these kinds are certain to ask for the support.
    is_early = version is not None and version < _FIRST_WITH_LATENT
    if not is_plain and not (is_early and attention.is_latent):
        return
    size = settings.prefill_context_parallel_size
    refusal = "PCP requires attention impls' support" if is_early else "No valid attention backend found"
    valid = valid_sizes(architecture, replace(settings, prefill_context_parallel_size=1))
    wanted = settings.tensor_parallel_size * size
    sizes = str(wanted) if wanted in valid else f"one of {join_sizes(valid)}"
    release = "vLLM" if version is None else f"vLLM {version}"
    yield Violation(
        path=option_path(deployment.workload, PREFILL_CONTEXT_PARALLEL),
        message=(
            f"{release} has no {'attention' if is_early else 'grouped-query attention'} that shares out a prompt "
            f'over {size} prefill-context ranks; it will not start: "{refusal}"'
        ),
        fix=(
            f"remove {PREFILL_CONTEXT_PARALLEL}"
            + (f" and set {option_name(deployment.workload, TENSOR_PARALLEL)} to {sizes}" if valid else "")
        ),
        severity=Severity.WARN if version is None else None,
    )


def _is_plain(attention: Attention) -> bool:
    """Whether every layer keeps keys and values for each token, and chooses none of them by an index."""
    return bool(attention.groups) and all(
        group.kind in _PLAIN_KINDS and group.tokens_per_entry == 1 and not group.indexer_elements_per_token
        for group in attention.groups
    )


RULE = Rule(
    identifier="NS124",
    name="prefill-context-parallelism-not-supported",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
