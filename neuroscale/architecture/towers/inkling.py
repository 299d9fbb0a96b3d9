"""The towers of Inkling 1 and 2.

Inkling 1 folds patches step by step into fewer, wider ones, with one projection and one norm a step; the last step
projects into the language model and belongs to the projector. Its audio "tower" is a table of embeddings as wide
as the language model. Inkling 2 has a vision transformer with rotary positions, two scales a layer, and a merger.
Defined by InklingVisionModel and Inkling2VisionModel of transformers.
"""

from collections.abc import Sequence
from itertools import combinations, pairwise
from math import ceil, comb, log
from typing import NamedTuple

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.decoder import UncountableError
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import Tower, encoder_layer, layer_norm, patch_embedding, width_of

_CHANNEL_MULTIPLE = 64
_MAXIMUM_PLANS = 10_000
_MAXIMUM_RATIO = 1024


class FoldingStep(NamedTuple):
    """Widths that one step of Inkling's vision tower reads, after it joined neighbours, and writes."""

    inputs: int
    outputs: int


class _Scale(NamedTuple):
    """Frames and pixels of one side that a position stands for, and its channels."""

    frames: int
    side: int
    channels: int

    @property
    def pixels(self) -> int:
        """Pixels of all frames that a position stands for."""
        return self.frames * self.side * self.side


def folding_steps(fields: Fields) -> tuple[FoldingStep, ...]:
    """Return the steps of Inkling's vision tower: those scales that reduce the patch most evenly.

    A patch is folded by the prime factors of its side and then of its frames, the largest first. With fewer steps
    than such scales, each step takes a scale of its own and all together deviate least from even reduction on a
    logarithmic scale; with more, each takes the nearest.

    Raises:
        UncountableError: The ways to choose the scales are too many to compare, or a step before the last joins
            frames: transformers gives it 64 times the channels that vLLM does.
    """
    scales = _scales(
        width_of(fields, "patch_size"), width_of(fields, "temporal_patch_size"), width_of(fields, "num_channels")
    )
    steps = layer_count(fields)
    total = log(scales[-1].pixels * scales[0].channels)
    costs = [[abs(total * step / steps - log(scale.pixels)) for scale in scales] for step in range(steps + 1)]
    chosen = _nearest(costs) if steps >= len(scales) else _assigned(costs, len(scales))
    chosen[0], chosen[-1] = 0, len(scales) - 1
    if any(scales[index].frames > 1 for index in chosen[1:-1]):
        raise UncountableError("a vision tower that joins frames before its last step is not covered")
    return tuple(
        FoldingStep(
            before.channels * (after.frames // before.frames) * (after.side // before.side) ** 2, after.channels
        )
        for before, after in pairwise(scales[index] for index in chosen)
    )


def _scales(side: int, frames: int, channels: int) -> list[_Scale]:
    scales, reached = [_Scale(1, 1, channels)], 1
    for factor in _prime_factors(side):
        reached *= factor
        scales.append(_Scale(1, reached, _rounded(reached * reached * channels)))
    joined = 1
    for factor in _prime_factors(frames):
        joined *= factor
        scales.append(_Scale(joined, reached, _rounded(reached * reached * channels * joined)))
    return scales


def _prime_factors(number: int) -> list[int]:
    """Return the prime factors, the largest first."""
    factors, divisor = [], 2
    while divisor * divisor <= number:
        while number % divisor == 0:
            factors.append(divisor)
            number //= divisor
        divisor += 1
    return sorted((*factors, number) if number > 1 else factors, reverse=True)


def _rounded(channels: int) -> int:
    return ceil(channels / _CHANNEL_MULTIPLE) * _CHANNEL_MULTIPLE


def _nearest(costs: Sequence[Sequence[float]]) -> list[int]:
    return [min(range(len(row)), key=row.__getitem__) for row in costs]


def _assigned(costs: Sequence[Sequence[float]], scales: int) -> list[int]:
    if comb(scales, len(costs)) > _MAXIMUM_PLANS:
        raise UncountableError("the scales of the vision tower can be chosen in too many ways")
    plans = combinations(range(scales), len(costs))
    return list(min(plans, key=lambda plan: sum(row[index] for row, index in zip(costs, plan, strict=True))))


def _inkling_parameters(fields: Fields) -> int:
    if fields.has("use_vision_norm") and not fields.flag("use_vision_norm"):
        raise UncountableError("a vision tower without norms (use_vision_norm) is not covered")
    return sum(projection(step.inputs, step.outputs) + step.outputs for step in folding_steps(fields)[:-1])


def _inkling_audio_parameters(fields: Fields) -> int:
    if fields.has("use_audio_norm") and not fields.flag("use_audio_norm"):
        raise UncountableError("an audio tower without a norm (use_audio_norm) is not covered")
    return 0


def _inkling2_parameters(fields: Fields) -> int:
    width = width_of(fields)
    intermediate = fields.optional_integer("intermediate_size", maximum=MAXIMUM_WIDTH, minimum=1)
    if intermediate is None:
        ratio = fields.optional_number("mlp_ratio", minimum=0.0, maximum=_MAXIMUM_RATIO)
        intermediate = int(width * (ratio or 0.0))
    merge = fields.integer("spatial_merge_size", maximum=MAXIMUM_LAYERS)
    return (
        patch_embedding(fields, width, bias=False)
        + width_of(fields, "posemb_grid_size") ** 2 * width
        + 2 * width
        + layer_norm(width)
        + layer_count(fields) * (encoder_layer(width, intermediate) + 2 * width)
        + projection(
            merge * merge * width, width_of(fields, "projection_hidden_dim"), bias=fields.flag("projector_bias")
        )
    )


INKLING_VISION = Tower(
    model_types=("inkling_vision",),
    defaults={"patch_size": 40, "temporal_patch_size": 2, "num_channels": 3, "num_hidden_layers": 24},
    parameters=_inkling_parameters,
    aliases={"num_channels": ("n_channels",), "num_hidden_layers": ("n_layers",)},
)
INKLING_AUDIO = Tower(
    model_types=("inkling_audio",),
    defaults={"n_mel_bins": 80, "mel_vocab_size": 256},
    parameters=_inkling_audio_parameters,
    aliases={"n_mel_bins": ("num_codebooks",), "mel_vocab_size": ("codebook_size",)},
)
INKLING2_VISION = Tower(
    model_types=("inkling2_vision",),
    defaults={
        "hidden_size": 1024,
        "num_hidden_layers": 23,
        "num_attention_heads": 16,
        "num_channels": 3,
        "patch_size": 20,
        "mlp_ratio": 4.0,
        "spatial_merge_size": 2,
        "posemb_grid_size": 32,
        "projection_hidden_dim": 4096,
    },
    parameters=_inkling2_parameters,
    aliases={"patch_size": ("native_patch_size",), "spatial_merge_size": ("adapter_merge_size",)},
)

TOWERS = (INKLING_VISION, INKLING_AUDIO, INKLING2_VISION)
