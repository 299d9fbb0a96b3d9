"""GPT-NeoX and its Japanese variant."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, flags, widths
from tests.architecture.model_builds.strategies.gpt2 import gpt_decoders, gpt_shapes

_SHAPES = gpt_shapes(("hidden_size", "num_attention_heads", "num_hidden_layers"))

BUILDS = {
    "gpt_neox": Builds(
        gpt_decoders(
            _SHAPES, {"intermediate_size": widths, "attention_bias": flags, "use_parallel_residual": flags}
        )
    ),
    "gpt_neox_japanese": Builds(
        gpt_decoders(_SHAPES, {"intermediate_multiple_size": st.integers(min_value=1, max_value=5)})
    ),
}
