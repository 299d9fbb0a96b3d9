"""Jais 2."""

from tests.architecture.model_builds.drawing import Builds
from tests.architecture.model_builds.strategies.llama import BIASES, decoders, shapes

BUILDS = {"jais2": Builds(decoders(shapes(kv_heads_of_class=26), optional=BIASES))}
