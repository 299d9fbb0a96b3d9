"""BitNet."""

from tests.architecture.model_builds.drawing import Builds, flags
from tests.architecture.model_builds.strategies.llama import ABSENT, STATED, decoders, shapes

BUILDS = {
    "bitnet": Builds(
        decoders(shapes(head_width=(STATED, ABSENT), kv_heads_of_class=5), optional={"attention_bias": flags})
    )
}
