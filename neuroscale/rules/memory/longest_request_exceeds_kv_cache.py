"""The KV cache must hold one request of the maximum length.

## What it does

Compares the KV cache of one request of `--max-model-len` tokens with the memory that is left on the named
accelerator beside the weights. Both are taken in the engine's favour: mean shares without padding, no activations
beyond two copies of the residual stream, no CUDA graphs, windows without the batch in flight. What does not fit
even then cannot start.

## Why it matters

A context window is not free: vLLM reserves nothing per request, but it refuses to start if not even one request of
the maximum length fits: `ValueError: To serve at least one request with the model's max seq len (131072), (16.0 GiB
KV cache is needed, which is larger than the available KV cache memory (4.9 GiB).` Without `--max-model-len` the
length is the model's own maximum, so a model with a long context starts on a large accelerator and not on a small
one, although its weights fit both.

## Example

```yaml
nodeSelector:
  nvidia.com/gpu.product: NVIDIA-L4            # 24 GB, 16 of which are weights
containers:
  - args: ["--model=meta-llama/Meta-Llama-3.1-8B", "--max-model-len=131072"]   # 16 GiB for one request
```

## Use instead

```yaml
containers:
  - args: ["--model=meta-llama/Meta-Llama-3.1-8B", "--max-model-len=32768"]
  # or "--max-model-len=auto" (vLLM 0.14.1 and later), which takes the longest that fits
```

## Applies to

vLLM, where the model's attention and weights can be counted and the accelerator is known: denied when
`--max-model-len` is given and the pod's own node labels name the accelerator. A warning where the accelerator is
only what the cluster's nodes hold today, and where the length is the model's own maximum, which the tokenizer's
configuration may lower. Silent for `auto`, for models that do not generate, with offloaded weights and with
`--num-gpu-blocks-override`.

## References

- vLLM `v1/core/kv_cache_utils.py` (`check_enough_kv_cache_memory`) and, up to 0.10.2, `worker/worker.py`
  (`raise_if_cache_size_invalid`); read in 0.8.5 to 0.33.0
- vLLM, "Conserving Memory": <https://docs.vllm.ai/en/latest/configuration/conserving_memory.html>
"""

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_facts import derived_maximum_tokens
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.memory.weights_exceed_accelerator_memory import most_generous, offloads_weights
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import MEMORY_OPTIONS, are_known, vllm_settings
from neuroscale.sizing.kv_cache import kv_cache_bytes_per_request
from neuroscale.sizing.memory import memory_budget

_OPTION = "--max-model-len"
_GIBIBYTE = 2**30
# A length is offered as a whole number of these.
_ROUND_TOKENS = 1024
# Options under which the cache is not what the memory leaves, or nothing is generated.
_OTHER_BUDGETS = frozenset({"--num-gpu-blocks-override", "--task", "--runner", "--convert"})


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    architecture = deployment.architecture
    if settings is None or architecture is None or not deployment.accelerators or offloads_weights(settings):
        return
    if settings.gives_any(_OTHER_BUDGETS) or not are_known(deployment, *MEMORY_OPTIONS, "--kv-cache-dtype"):
        return
    tokens = _longest_request_tokens(architecture, settings)
    if tokens is None or not are_known(deployment, _OPTION):
        return
    largest = max(deployment.accelerators, key=lambda accelerator: accelerator.memory_bytes)
    settings = most_generous(settings)
    budget = memory_budget(architecture, settings, largest)
    needed = kv_cache_bytes_per_request(architecture, settings, tokens)
    if budget.weights is None or budget.most_kv_cache_bytes is None or needed is None:
        return
    if budget.weights.optimistic_bytes >= budget.usable_bytes:
        return
    available_bytes = max(0, budget.most_kv_cache_bytes)
    if needed.optimistic_bytes <= available_bytes:
        return
    is_stated = settings.maximum_model_length_tokens is not None
    is_certain = is_stated and deployment.accelerators_source == "node labels"
    yield Violation(
        path=option_path(deployment.workload, _OPTION),
        message=(
            f"one request of {tokens} tokens{'' if is_stated else ' (the maximum of the model)'} needs "
            f"{_gibibytes(needed.optimistic_bytes)} of KV cache, and {largest.name} has at most "
            f"{_gibibytes(available_bytes)} beside the weights; vLLM will not start: "
            f'"To serve at least one request with the model\'s max seq len ({tokens}) ..."'
        ),
        fix=_fix(architecture, settings, tokens, available_bytes),
        severity=None if is_certain else Severity.WARN,
    )


def _longest_request_tokens(architecture: ModelArchitecture, settings: EngineSettings) -> int | None:
    """Return the maximum length that the engine checks, None where it fits the length to memory itself."""
    stated = settings.maximum_model_length_tokens
    if stated == "auto":
        return None
    return derived_maximum_tokens(architecture, settings.version) if stated is None else stated


def _fix(architecture: ModelArchitecture, settings: EngineSettings, tokens: int, available_bytes: int) -> str:
    ways_out = []
    fitting = _longest_fitting_tokens(architecture, settings, tokens, available_bytes)
    if fitting:
        ways_out.append(f"set {_OPTION} to less than {fitting}")
    ways_out.append("take more or larger accelerators")
    if settings.kv_cache_data_type is None:
        ways_out.append("halve the cache with --kv-cache-dtype fp8 where the accelerator supports it")
    return ", or ".join(ways_out)


def _longest_fitting_tokens(
    architecture: ModelArchitecture, settings: EngineSettings, tokens: int, available_bytes: int
) -> int:
    """Return the longest length, in whole steps, whose request fits in the best case; 0 when none does."""
    shortest, longest = 0, tokens // _ROUND_TOKENS
    while shortest < longest:
        middle = (shortest + longest + 1) // 2
        needed = kv_cache_bytes_per_request(architecture, settings, middle * _ROUND_TOKENS)
        if needed is not None and needed.optimistic_bytes <= available_bytes:
            shortest = middle
        else:
            longest = middle - 1
    return shortest * _ROUND_TOKENS


def _gibibytes(amount_bytes: int) -> str:
    return f"{amount_bytes / _GIBIBYTE:.1f} GiB"


RULE = Rule(
    identifier="NS203",
    name="longest-request-exceeds-kv-cache",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
