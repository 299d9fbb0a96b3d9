"""What the vLLM rules ask of a deployment before they judge it, and how they say that they cannot."""

from collections.abc import Iterator

from neuroscale.engines.settings import EngineSettings
from neuroscale.rules.finding import MissingFact
from neuroscale.rules.places import option_path
from neuroscale.rules.subject import Deployment

TENSOR_PARALLEL = "--tensor-parallel-size"
PIPELINE_PARALLEL = "--pipeline-parallel-size"
PREFILL_CONTEXT_PARALLEL = "--prefill-context-parallel-size"
DATA_PARALLEL = "--data-parallel-size"
DATA_PARALLEL_LOCAL = "--data-parallel-size-local"
EXPERT_PARALLEL = "--enable-expert-parallel"

# What decides how much of a model each accelerator holds.
MEMORY_OPTIONS = (TENSOR_PARALLEL, PIPELINE_PARALLEL, PREFILL_CONTEXT_PARALLEL, DATA_PARALLEL, "--quantization")

# Added to the engine's own error where the version that runs may not be one of those.
NOT_READ = "unless a version runs that was not read"

_PARALLEL_SIZES = frozenset(
    {TENSOR_PARALLEL, PIPELINE_PARALLEL, PREFILL_CONTEXT_PARALLEL, DATA_PARALLEL, DATA_PARALLEL_LOCAL}
)
_TEMPLATE_KINDS = frozenset({"ServingRuntime", "ClusterServingRuntime"})


def vllm_settings(deployment: Deployment) -> EngineSettings | None:
    """Return the settings of a vLLM that runs as the object says, by itself or inside huggingfaceserver.

    None for any other engine, for a size that the engine's own parser refuses (no other rule can say more), and for
    a serving runtime: an InferenceService names its model and may append any option, and then the last one wins.
    The InferenceService is judged with its runtime.
    """
    settings = written_vllm_settings(deployment)
    if settings is None or deployment.workload.manifest.kind in _TEMPLATE_KINDS:
        return None
    is_refused = any(
        problem.option in _PARALLEL_SIZES and problem.kind != "boolean-with-value" for problem in settings.problems
    )
    return None if is_refused else settings


def written_settings(deployment: Deployment) -> EngineSettings | None:
    """Return the settings of any engine whose own parser is known, as far as this object writes them."""
    settings = deployment.workload.settings
    if settings is None or settings.engine not in {"vllm", "huggingfaceserver"}:
        return settings
    return written_vllm_settings(deployment)


def written_vllm_settings(deployment: Deployment) -> EngineSettings | None:
    """Return the settings as far as this object writes them, for what is wrong whatever is appended to them."""
    settings = deployment.workload.settings
    if settings is None or settings.engine not in {"vllm", "huggingfaceserver"}:
        return None
    return None if settings.options.get("--backend") == "huggingface" else settings


def unknown_options(deployment: Deployment, *options: str) -> Iterator[MissingFact]:
    """Yield a missing fact when the value of one of these options cannot be known from the object.

    Such a value is a shell or Kubernetes variable; or an expansion such as `$EXTRA_ARGS` may give any option, and
    the last one wins; or a configuration file may give it, because it supplies what the command line does not name.
    """
    settings = deployment.workload.settings
    if settings is None:
        return
    for text in settings.unresolved:
        if not text.startswith("--"):
            yield MissingFact(
                deployment.workload.container_path,
                f"{text[:80]!r} may hold any engine option, and its value cannot be known from the manifest",
                "write the engine's options out",
            )
            return
    for option in options:
        if option in settings.unresolved:
            yield MissingFact(
                option_path(deployment.workload, option),
                f"the value of {option} cannot be known from the manifest",
                "write the value out",
            )
            return
    if "--config" in settings.unresolved and any(option not in settings.options for option in options):
        yield MissingFact(
            option_path(deployment.workload, "--config"),
            "engine options may come from the file of --config, which is not part of the manifest",
            "write the parallel sizes as arguments; they win over the file",
        )


def partly_read(deployment: Deployment, unstated: str = "") -> Iterator[MissingFact]:
    """Yield why the architecture does not tell what a rule needs: it is not known, or was read in part only.

    Args:
        deployment: What is judged.
        unstated: What is missing, where the configuration could be read and simply does not say it.
    """
    if deployment.missing_architecture is not None:
        yield deployment.missing_architecture
    elif deployment.architecture is not None:
        model = deployment.workload.model
        unread = deployment.architecture.unread
        missing = unread[0] if unread else unstated
        reason = f": {missing}" if missing else ""
        yield MissingFact(
            model.path if model else deployment.workload.container_path,
            f"the model's configuration could be read only in part{reason}",
        )


def are_known(deployment: Deployment, *options: str) -> bool:
    """Whether the manifest tells the value of all these options: for rules beside which another names the gap."""
    return next(unknown_options(deployment, *options), None) is None
