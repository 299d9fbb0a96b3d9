"""HyperCLOVA X."""

from tests.architecture.model_builds.drawing import Builds, flags
from tests.architecture.model_builds.strategies.llama import BIASES, decoders, shapes

BUILDS = {"hyperclovax": Builds(decoders(shapes(), optional={**BIASES, "use_post_norm": flags}))}
