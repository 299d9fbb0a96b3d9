"""What the rules ask of a deployment of Text Generation Inference before they judge it.

Source: Text Generation Inference 1.0.0 to 3.3.7, `launcher/src/main.rs`.
"""

from collections.abc import Iterator

from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.text_generation_inference import NUMBER_OF_SHARDS
from neuroscale.rules.finding import MissingFact, Severity
from neuroscale.rules.places import option_path
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import unknown_options

_TEMPLATE_KINDS = frozenset({"ServingRuntime", "ClusterServingRuntime"})


def text_generation_inference_settings(deployment: Deployment) -> EngineSettings | None:
    """Return the settings of a launcher that runs as the object says.

    None for any other engine, for a number of shards that its parser refuses, and for a serving runtime, which an
    InferenceService may add to.
    """
    settings = deployment.workload.settings
    if settings is None or settings.engine != "text-generation-inference":
        return None
    if deployment.workload.manifest.kind in _TEMPLATE_KINDS:
        return None
    return None if any(problem.option == NUMBER_OF_SHARDS for problem in settings.problems) else settings


def unknown_shards(deployment: Deployment) -> Iterator[MissingFact]:
    """Yield a missing fact when the number of shards is not written: the launcher then counts the devices."""
    settings = deployment.workload.settings
    if settings is not None and NUMBER_OF_SHARDS in settings.unresolved and not _is_written(settings):
        yield MissingFact(
            option_path(deployment.workload, NUMBER_OF_SHARDS),
            f"without {NUMBER_OF_SHARDS} Text Generation Inference takes as many shards as it sees devices",
            f"write {NUMBER_OF_SHARDS}",
            Severity.INFO,
        )
        return
    yield from unknown_options(deployment, NUMBER_OF_SHARDS)


def _is_written(settings: EngineSettings) -> bool:
    return NUMBER_OF_SHARDS in settings.positions or settings.may_have_variable("NUM_SHARD")
