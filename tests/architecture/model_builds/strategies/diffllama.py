"""DiffLlama, whose key/value heads are even."""

from tests.architecture.model_builds.drawing import Builds, flags
from tests.architecture.model_builds.strategies.llama import decoders, shapes

BUILDS = {
    "diffllama": Builds(
        decoders(shapes(even_kv_heads=True, kv_heads_of_class=2), optional={"attention_bias": flags})
    )
}
