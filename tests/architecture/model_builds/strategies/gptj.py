"""GPT-J and CodeGen."""

from tests.architecture.model_builds.drawing import Builds
from tests.architecture.model_builds.strategies.gpt2 import either_shapes, gpt_decoders, inner_widths, positions

_GPTJ = gpt_decoders(either_shapes, {"n_inner": inner_widths, "n_positions": positions})

BUILDS = {"gptj": Builds(_GPTJ), "codegen": Builds(_GPTJ)}
