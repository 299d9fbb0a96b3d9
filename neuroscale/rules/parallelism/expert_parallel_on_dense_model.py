"""Expert parallelism needs experts.

## What it does

Flags `--enable-expert-parallel` on a model in whose configuration vLLM finds no routed experts.

## Why it matters

vLLM stops: `ValueError: Number of experts in the model must be greater than 0 when expert parallelism is
enabled.` The flag travels with copied manifests, and names mislead: Gemma 4 26B-A4B is a Mixture-of-Experts
model while Gemma 4 31B is dense, and both have the field `num_experts` in their configuration.

## Example

```yaml
args: ["--model=Qwen/Qwen3-32B", "--tensor-parallel-size=4", "--enable-expert-parallel"]   # no experts
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-32B", "--tensor-parallel-size=4"]
```

## Applies to

vLLM, every version that has the flag, also inside huggingfaceserver. DBRX counts as having no experts here
although it is a Mixture-of-Experts model: vLLM does not see the count, which sits in `ffn_config`. Families
whose dense members declare one expert (Jamba, HunYuan) are left alone, because vLLM accepts the flag for them.

## References

- vLLM `config/model.py`, `_verify_with_expert_parallelism`, read in 0.10.2 to 0.33.0
"""

from neuroscale.manifests.workload import ServingWorkload
from neuroscale.rules.divisibility import engine_counts_no_experts
from neuroscale.rules.finding import Judgement, PatchOperation, Severity, Violation
from neuroscale.rules.patches import argument_path, written_value
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import EXPERT_PARALLEL, partly_read, unknown_options, vllm_settings

_SPELLINGS = frozenset({EXPERT_PARALLEL, EXPERT_PARALLEL.replace("-", "_").replace("__", "--", 1), "-ep"})


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    if settings is None or not settings.enable_expert_parallel:
        return
    unknown = tuple(unknown_options(deployment, EXPERT_PARALLEL))
    if unknown:
        yield from unknown
        return
    architecture = deployment.architecture
    if architecture is None or architecture.is_mixture_of_experts is None:
        yield from partly_read(deployment)
        return
    if not engine_counts_no_experts(architecture):
        return
    yield Violation(
        path=option_path(deployment.workload, EXPERT_PARALLEL),
        message=(
            f"{EXPERT_PARALLEL} needs routed experts, and vLLM finds none in this model "
            f'({architecture.model_type}); it will not start: "Number of experts in the model must be greater than '
            '0 when expert parallelism is enabled."'
        ),
        fix=f"remove {EXPERT_PARALLEL}",
        patch=_patch(deployment.workload),
    )


def _patch(workload: ServingWorkload) -> tuple[PatchOperation, ...]:
    """Remove the argument, or the field that KServe makes it from: without experts it can mean nothing else."""
    position = workload.settings.positions.get(EXPERT_PARALLEL) if workload.settings else None
    if position is not None:
        path = argument_path(workload, position, _SPELLINGS)
        return () if path is None else (PatchOperation("remove", path),)
    field = workload.option_paths.get(EXPERT_PARALLEL)
    if field is None or written_value(workload.manifest, field) is not True:
        return ()
    return (PatchOperation("replace", field, False),)


RULE = Rule(
    identifier="NS105",
    name="expert-parallel-on-dense-model",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
