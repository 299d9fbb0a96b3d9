"""Some model classes want at least one routed expert for each tensor parallel rank.

## What it does

Compares the tensor parallel size with the number of routed experts, for the model classes of vLLM that refuse more
ranks than experts.

## Why it matters

Merged Mixture-of-Experts models often have four or eight experts and the heads of a larger model, so that every
other division works. About twenty classes check the number of experts too, with expert parallelism or without it:
`ValueError: Tensor parallel size 8 is greater than the number of experts 4.`

## Example

```yaml
args: ["--model=acme/Qwen3-MoE-4x4B", "--tensor-parallel-size=8"]   # 4 experts
```

## Use instead

```yaml
args: ["--model=acme/Qwen3-MoE-4x4B", "--tensor-parallel-size=4"]
```

## Applies to

vLLM on NVIDIA and AMD GPUs; the classes that check it, by version (Qwen2-MoE and Qwen3-MoE in every version that
was read; Mixtral, Llama 4, DeepSeek-V3 and gpt-oss do not); a warning where the image tag does not tell the
version.

## References

- vLLM `model_executor/models` (`qwen3_moe.py` and others, the sparse layer's constructor), read in 0.8.5 to 0.33.0
"""

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_model_limits import needs_an_expert_per_rank
from neuroscale.rules.divisibility import join_sizes, shares_heads_evenly, valid_sizes
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_name, option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import TENSOR_PARALLEL, are_known, vllm_settings

_GPU_RESOURCES = frozenset({"nvidia.com/gpu", "amd.com/gpu"})
# They may choose another class, or another implementation.
_OTHER_CLASSES = frozenset({"--hf-overrides", "--model-impl"})


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    architecture = deployment.architecture
    request = deployment.workload.accelerators
    if settings is None or architecture is None or architecture.experts is None:
        return
    if request is None or request.resource_name not in _GPU_RESOURCES:
        return
    size, experts = settings.tensor_parallel_size, architecture.experts.routed_experts
    if size <= experts or not are_known(deployment, TENSOR_PARALLEL) or not shares_heads_evenly(architecture, size):
        return
    if not _is_checked(architecture, settings):
        return
    valid = [each for each in valid_sizes(architecture, settings) if each <= experts]
    yield Violation(
        path=option_path(deployment.workload, TENSOR_PARALLEL),
        message=(
            f"tensor parallel size {size} is more than the {experts} routed experts; vLLM will not start: "
            f'"Tensor parallel size {size} is greater than the number of experts {experts}."'
        ),
        fix=f"set {option_name(deployment.workload, TENSOR_PARALLEL)} to one of {join_sizes(valid)}",
        severity=Severity.WARN if settings.version is None else None,
    )


def _is_checked(architecture: ModelArchitecture, settings: EngineSettings) -> bool:
    names = architecture.class_names
    if not names or _OTHER_CLASSES & {*settings.options, *settings.unresolved}:
        return False
    return all(needs_an_expert_per_rank(name, settings.version) for name in names)


RULE = Rule(
    identifier="NS115",
    name="more-tensor-parallel-ranks-than-experts",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
