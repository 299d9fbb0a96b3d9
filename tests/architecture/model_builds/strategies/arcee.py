"""Arcee."""

from tests.architecture.model_builds.drawing import Builds
from tests.architecture.model_builds.strategies.llama import BIASES, decoders, shapes

BUILDS = {"arcee": Builds(decoders(shapes(), optional=BIASES))}
