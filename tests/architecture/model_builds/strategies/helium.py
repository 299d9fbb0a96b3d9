"""Helium."""

from tests.architecture.model_builds.drawing import Builds
from tests.architecture.model_builds.strategies.llama import ABSENT, BIASES, STATED, decoders, shapes

BUILDS = {
    "helium": Builds(
        decoders(shapes(head_width=(STATED, ABSENT), kv=(STATED, ABSENT), kv_heads_of_class=20), optional=BIASES)
    )
}
