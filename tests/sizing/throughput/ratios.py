"""Pairs of published figures of two models on the same accelerators under the same load, and their ratios."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from neuroscale.sizing.throughput.estimate import SecondsBounds
from tests.sizing.throughput.measured import Measurement, measurement_files, measurements, predicted

# A mixture beside a dense model, which is of about its size or smaller.
_MIXTURES = {"Qwen/Qwen3-30B-A3B": "Qwen/Qwen3-32B", "openai/gpt-oss-120b": "meta-llama/Llama-3.1-70B-Instruct"}
_FORMATS = {"openai/gpt-oss-120b": "fp8"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two figures, the slower one first."""

    slower: Measurement
    faster: Measurement

    @property
    def measured(self) -> float:
        """How many times as long the slower one took."""
        return self.slower.seconds / self.faster.seconds

    @property
    def least(self) -> float:
        """The least ratio of two times in their predicted ranges."""
        return predicted(self.slower).optimistic_seconds / predicted(self.faster).pessimistic_seconds

    @property
    def most(self) -> float:
        """The most ratio of two times in their predicted ranges."""
        return predicted(self.slower).pessimistic_seconds / predicted(self.faster).optimistic_seconds

    @property
    def middle(self) -> float:
        """The ratio of the middles of the predicted ranges."""
        return _middle(predicted(self.slower)) / _middle(predicted(self.faster))


def mixtures_beside_dense_models() -> list[Pair]:
    """Return a mixture beside a dense model wherever both were measured alike in the same benchmark and engine."""
    return [
        Pair(dense, mixture)
        for one, other in _alike()
        for mixture, dense in ((one, other), (other, one))
        if _MIXTURES.get(mixture.model) == dense.model
        and dense.weights == _FORMATS.get(mixture.model, mixture.weights)
        and dense.engine.partition(" ")[0] == mixture.engine.partition(" ")[0]
    ]


def all_pairs(least_ratio: float) -> list[Pair]:
    """Return every two figures measured alike of which one took so many times as long as the other, or longer."""
    pairs = (Pair(*sorted(each, key=lambda found: found.seconds, reverse=True)) for each in _alike())
    return [pair for pair in pairs if pair.measured >= least_ratio]


def _alike() -> Iterator[tuple[Measurement, Measurement]]:
    """Yield two figures of one benchmark that differ in the model or its format, and perhaps in the engine."""
    for path in measurement_files():
        groups: dict[tuple[object, ...], list[Measurement]] = {}
        for each in measurements(path):
            load = (each.measured, each.requests, each.prompt_tokens, each.output_tokens)
            ranks = (each.tensor_parallel_size, each.data_parallel_size, each.expert_parallel, each.eager)
            groups.setdefault((*load, *ranks, each.accelerator, each.attention_data_parallel), []).append(each)
        for group in groups.values():
            for one, other in combinations(group, 2):
                if (one.model, one.weights) != (other.model, other.weights):
                    yield one, other


def _middle(bounds: SecondsBounds) -> float:
    return math.sqrt(bounds.optimistic_seconds * bounds.pessimistic_seconds)
