"""What the rules ask of a deployment of TensorRT-LLM before they judge it.

Source: TensorRT-LLM 1.3.0rc3, `commands/serve.py`, `mapping.py`, `llmapi/llm_args.py` and
`_torch/modules/attention.py`.
"""

from collections.abc import Iterator

from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.tensorrt_llm import (
    BACKEND,
    CONFIGURATION_OPTION,
    CONTEXT_PARALLEL,
    EXPERT_CLUSTERS,
    EXPERT_PARALLEL,
    PIPELINE_PARALLEL,
    TENSOR_PARALLEL,
)
from neuroscale.rules.finding import MissingFact, Severity
from neuroscale.rules.places import option_path
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import unknown_options

SIZES = (TENSOR_PARALLEL, PIPELINE_PARALLEL, CONTEXT_PARALLEL, EXPERT_PARALLEL, EXPERT_CLUSTERS)

_TEMPLATE_KINDS = frozenset({"ServingRuntime", "ClusterServingRuntime"})


def tensorrt_llm_settings(deployment: Deployment) -> EngineSettings | None:
    """Return the settings of a TensorRT-LLM server that runs as the object says.

    None for any other engine, for a size that the parser refuses, for a serving runtime, and for the back ends that
    take their layout from elsewhere: a built TensorRT engine has its own, and AutoDeploy shards by itself.
    """
    settings = deployment.workload.settings
    if settings is None or settings.engine != "tensorrt-llm":
        return None
    if deployment.workload.manifest.kind in _TEMPLATE_KINDS:
        return None
    if any(problem.option in SIZES for problem in settings.problems):
        return None
    return settings if settings.options.get(BACKEND, "pytorch") == "pytorch" else None


def unknown_sizes(deployment: Deployment, *options: str) -> Iterator[MissingFact]:
    """Yield a missing fact when the value of one of these options cannot be known.

    The file of `--extra_llm_api_options` wins over the command line, so that it may hold any of them.
    """
    settings = deployment.workload.settings
    if settings is not None and CONFIGURATION_OPTION in settings.unresolved:
        yield MissingFact(
            option_path(deployment.workload, CONFIGURATION_OPTION),
            f"the file of {CONFIGURATION_OPTION} wins over the command line, and its text is not at hand",
            "mount it from a ConfigMap that is given too",
            Severity.INFO,
        )
        return
    yield from unknown_options(deployment, *options)
