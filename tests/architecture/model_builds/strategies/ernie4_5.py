"""ERNIE 4.5 dense."""

from tests.architecture.model_builds.drawing import Builds, flags
from tests.architecture.model_builds.strategies.llama import decoders, shapes

BUILDS = {"ernie4_5": Builds(decoders(shapes(kv_heads_of_class=2), optional={"use_bias": flags}))}
