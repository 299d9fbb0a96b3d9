"""A pipeline needs a model class that can be cut into stages, and stages that add up to its layers.

## What it does

Looks up whether the engine's class for this model implements pipeline parallelism in this version, and compares the
stages of `VLLM_PP_LAYER_PARTITION` with the pipeline size and the model's layers.

## Why it matters

A class that cannot hand its hidden states to another rank is refused while the configuration is built:
`NotImplementedError: Pipeline parallelism is not supported for this model. Supported models implement the
`SupportsPP` interface.` A partition that does not fit stops every worker: `ValueError: len(partitions)=3 does not
match pp_size=2.` or `sum(partitions)=46 does not match num_hidden_layers=48.` Without a partition the pipeline size
need not divide the layers.

## Example

```yaml
image: vllm/vllm-openai:v0.20.2
args: ["--model=deepseek-ai/DeepSeek-V4-Flash", "--pipeline-parallel-size=2"]
```

## Use instead

```yaml
image: vllm/vllm-openai:v0.22.1
args: ["--model=deepseek-ai/DeepSeek-V4-Flash", "--pipeline-parallel-size=2"]
```

## Applies to

vLLM 0.8.5 to 0.33.0: classes that were read to lack the interface, without `--model-impl`; denied where the image
tag tells the version, else a warning. The partition: every version.

## References

- vLLM `config/model.py` (`verify_with_parallel_config`), `distributed/utils.py` (`get_pp_indices`), and the model
  classes of the versions that `neuroscale/engines/data/vllm_model_limits.json` names
"""

from collections.abc import Iterator

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_model_limits import lacks_pipeline_parallelism
from neuroscale.rules.divisibility import join_sizes, valid_sizes
from neuroscale.rules.finding import Judgement, MissingFact, Severity, Violation
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import PIPELINE_PARALLEL, TENSOR_PARALLEL, unknown_options, vllm_settings

_PARTITION = "VLLM_PP_LAYER_PARTITION"
# Options that let the engine serve something else than its own class of that name.
_OTHER_CLASSES = frozenset({"--model-impl", "--config-format", "--runner", "--convert", "--task"})
_LONGEST_PARTITION = 2000


def _judge(deployment: Deployment) -> Judgement:
    settings = vllm_settings(deployment)
    if settings is None:
        return
    unknown = tuple(unknown_options(deployment, PIPELINE_PARALLEL))
    size = settings.pipeline_parallel_size
    if unknown or size == 1:
        yield from unknown
        return
    yield from _partition_faults(deployment, settings)
    architecture = deployment.architecture
    if architecture is None:
        if deployment.missing_architecture is not None:
            yield deployment.missing_architecture
        return
    name = _unsupported_class(architecture, settings)
    if name is not None:
        version = "" if settings.version is None else f" {settings.version}"
        yield Violation(
            path=option_path(deployment.workload, PIPELINE_PARALLEL),
            message=(
                f"{name} of vLLM{version} cannot be cut into the {size} stages of {PIPELINE_PARALLEL}; vLLM will "
                'not start: "Pipeline parallelism is not supported for this model."'
            ),
            fix=_fix(architecture, settings),
            severity=Severity.WARN if settings.version is None else None,
        )


def _unsupported_class(architecture: ModelArchitecture, settings: EngineSettings) -> str | None:
    names = architecture.class_names
    if not names or settings.gives_any(_OTHER_CLASSES):
        return None
    return names[0] if all(lacks_pipeline_parallelism(name, settings.version) for name in names) else None


def _fix(architecture: ModelArchitecture, settings: EngineSettings) -> str:
    stages = settings.pipeline_parallel_size
    wanted = settings.tensor_parallel_size * stages
    valid = valid_sizes(architecture, settings)
    fix = f"remove {PIPELINE_PARALLEL} and set {TENSOR_PARALLEL} to "
    if wanted in valid:
        return f"{fix}{wanted}"
    return f"{fix}one of {join_sizes(valid)}" if valid else f"remove {PIPELINE_PARALLEL}"


def _partition_faults(deployment: Deployment, settings: EngineSettings) -> Iterator[Violation | MissingFact]:
    path = option_path(deployment.workload, PIPELINE_PARALLEL)
    text = settings.environment.get(_PARTITION)
    if text is None:
        if settings.may_have_variable(_PARTITION) and _PARTITION in settings.hidden_environment:
            yield MissingFact(
                path, f"the value of {_PARTITION} cannot be known from the manifest", "write the value out"
            )
        return
    stages = _stages(text)
    size = settings.pipeline_parallel_size
    layers = deployment.architecture.layers if deployment.architecture is not None else None
    if stages is None:
        fault = f'"Invalid partition string: {text[:60]}"'
    elif len(stages) != size:
        fault = f'"len(partitions)={len(stages)} does not match pp_size={size}."'
    elif layers is not None and sum(stages) != layers:
        fault = f'"sum(partitions)={sum(stages)} does not match num_hidden_layers={layers}."'
    else:
        return
    many = f"that add up to {layers} layers" if layers is not None else "that add up to the model's layers"
    yield Violation(
        path=path,
        message=f"{_PARTITION}={text[:60]} does not fit {PIPELINE_PARALLEL} {size}; vLLM will not start: {fault}",
        fix=f"give {size} numbers {many}, or remove {_PARTITION}: vLLM then shares the layers out by itself",
    )


def _stages(text: str) -> tuple[int, ...] | None:
    """Return the layers of each stage as the engine reads them, None where it cannot."""
    if len(text) > _LONGEST_PARTITION:
        return None
    try:
        return tuple(int(stage) for stage in text.split(","))
    except ValueError:
        return None


RULE = Rule(
    identifier="NS121",
    name="pipeline-parallelism-not-supported",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
