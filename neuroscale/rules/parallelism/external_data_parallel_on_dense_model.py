"""A dense model has no data-parallel ranks to place by hand.

## What it does

Flags `--data-parallel-rank` and `--data-parallel-external-lb` with more than one data-parallel rank on a model in
which vLLM finds no experts.

## Why it matters

Data-parallel ranks of a Mixture-of-Experts model work in step, those of a dense model share nothing. Since 0.21.0
vLLM says so and stops: `ValueError: Non-MoE models do not support external data parallel mode. For external load
balancing, launch independent vLLM instances without --data-parallel-* arguments.` Manifests with one pod per rank
are often copied from a Mixture-of-Experts model.

## Example

```yaml
args: ["--model=Qwen/Qwen3-32B", "--data-parallel-size=4", "--data-parallel-rank=0"]
```

## Use instead

```yaml
spec:
  predictor:
    minReplicas: 4
    containers:
      - args: ["--model=Qwen/Qwen3-32B"]
```

## Applies to

vLLM 0.21.0 and later; a warning where the image tag does not tell the version. Data parallelism whose ranks vLLM
starts itself is legal for dense models.

## References

- vLLM `engine/arg_utils.py` (`create_engine_config`), read in 0.20.2, 0.21.0 and 0.33.0
"""

from neuroscale.engines.vllm_facts import fact_holds
from neuroscale.rules.divisibility import engine_counts_no_experts
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import DATA_PARALLEL, unknown_options, vllm_settings

_RANK = "--data-parallel-rank"
_EXTERNAL = "--data-parallel-external-lb"


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    if settings is None:
        return
    # The rank is often a variable of the pod; that it is given is enough.
    is_external = _RANK in settings.positions or settings.options.get(_EXTERNAL) == "true"
    refuses = fact_holds("dense-model-refuses-external-data-parallel", settings.version)
    if not is_external or refuses is False:
        return
    unknown = tuple(unknown_options(deployment, DATA_PARALLEL))
    if unknown or settings.data_parallel_size == 1:
        yield from unknown
        return
    if deployment.architecture is None:
        if deployment.missing_architecture is not None:
            yield deployment.missing_architecture
        return
    if not engine_counts_no_experts(deployment.architecture):
        return
    subject = "vLLM will not start" if refuses else "vLLM 0.21.0 and later will not start"
    yield Violation(
        path=option_path(deployment.workload, _RANK, _EXTERNAL),
        message=(
            f"the model has no experts, and its {settings.data_parallel_size} data-parallel ranks are placed from "
            f'outside; {subject}: "Non-MoE models do not support external data parallel mode."'
        ),
        fix="remove the --data-parallel options and run independent replicas instead",
        severity=None if refuses else Severity.WARN,
    )


RULE = Rule(
    identifier="NS108",
    name="external-data-parallel-on-dense-model",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
