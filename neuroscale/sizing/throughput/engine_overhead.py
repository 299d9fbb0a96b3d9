"""What an engine adds to the work of the hardware."""

from dataclasses import dataclass

from neuroscale.engines.settings import EngineSettings
from neuroscale.sizing.throughput.assumptions import (
    EAGER_EXPERT_LAYER_SECONDS,
    EAGER_LAYER_SECONDS,
    LEAST_LAYER_SECONDS,
    LEAST_STEP_SECONDS,
    LEAST_WHOLE_LAYER_SECONDS,
    PRUDENT_EXPERT_LAYER_SECONDS,
    PRUDENT_INDEXED_LAYER_SECONDS,
    PRUDENT_LATENT_LAYER_SECONDS,
    PRUDENT_LAYER_SECONDS,
    PRUDENT_STEP_SECONDS,
)
from neuroscale.sizing.throughput.estimate import SecondsBounds
from neuroscale.sizing.throughput.rank_work import RankWork

_DRAFTING_OPTIONS = ("--speculative", "--spec-")


def runs_eagerly(settings: EngineSettings) -> bool:
    """Whether the engine was told to launch every kernel on its own instead of capturing CUDA graphs."""
    return "true" in {
        settings.options.get("--enforce-eager"),
        settings.options.get("--disable-cuda-graph"),
        settings.options.get("--disable-decode-cuda-graph"),
    }


def drafts_tokens(settings: EngineSettings) -> bool:
    """Whether the engine was told to draft tokens and have the model check several at a time."""
    return any(name.startswith(_DRAFTING_OPTIONS) for name in settings.options)


@dataclass(frozen=True, slots=True)
class StepOverhead:
    """What one pipeline stage adds to a step of decoding: waits between kernels, scheduler and sampler.

    Attributes:
        scheduler: What scheduler and sampler take of a step.
        least_wait_seconds: What the layers wait at the least.
        whole_layers_seconds: What the layers take as a whole at the least, whatever they compute.
        most_wait_seconds: What the layers prudently wait, or what launching their kernels one by one takes.
    """

    scheduler: SecondsBounds
    least_wait_seconds: float
    whole_layers_seconds: float
    most_wait_seconds: float

    def beside(self, least_work_seconds: float) -> SecondsBounds:
        """Return the overhead beside reading, arithmetic and communication that take so long at the least."""
        least = max(self.least_wait_seconds, self.whole_layers_seconds - least_work_seconds)
        return SecondsBounds(
            self.scheduler.optimistic_seconds + least, self.scheduler.pessimistic_seconds + self.most_wait_seconds
        )


def step_overhead(work: RankWork, settings: EngineSettings) -> StepOverhead:
    """Return what one pipeline stage adds to any step of decoding.

    Args:
        work: Of the stage's accelerators.
        settings: Whether kernels are launched one by one.
    """
    stages = settings.pipeline_parallel_size
    return StepOverhead(
        scheduler=SecondsBounds(LEAST_STEP_SECONDS / stages, PRUDENT_STEP_SECONDS / stages),
        least_wait_seconds=least_wait_seconds(work),
        whole_layers_seconds=work.layers.least * LEAST_WHOLE_LAYER_SECONDS,
        most_wait_seconds=launch_seconds(work) if runs_eagerly(settings) else most_wait_seconds(work),
    )


def launch_seconds(work: RankWork) -> float:
    """Return what launching the kernels of one pipeline stage one by one takes at the most."""
    return _per_layer(work.layers.most, work.expert_layers.most, EAGER_LAYER_SECONDS, EAGER_EXPERT_LAYER_SECONDS)


def least_wait_seconds(work: RankWork) -> float:
    """Return what the layers of one pipeline stage wait at the least."""
    return work.layers.least * LEAST_LAYER_SECONDS


def most_wait_seconds(work: RankWork) -> float:
    """Return what the layers of one pipeline stage prudently wait, their kernels in CUDA graphs."""
    return (
        _per_layer(work.layers.most, work.expert_layers.most, PRUDENT_LAYER_SECONDS, PRUDENT_EXPERT_LAYER_SECONDS)
        + work.latent_layers * PRUDENT_LATENT_LAYER_SECONDS
        + work.indexed_layers * PRUDENT_INDEXED_LAYER_SECONDS
    )


def _per_layer(layers: float, expert_layers: float, seconds: float, expert_seconds: float) -> float:
    return max(0.0, layers - expert_layers) * seconds + expert_layers * expert_seconds
