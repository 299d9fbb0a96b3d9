"""CTRL."""

from tests.architecture.model_builds.drawing import Builds, widths
from tests.architecture.model_builds.strategies.gpt2 import either_shapes, gpt_decoders, positions

BUILDS = {"ctrl": Builds(gpt_decoders(either_shapes, {"dff": widths, "n_positions": positions}))}
