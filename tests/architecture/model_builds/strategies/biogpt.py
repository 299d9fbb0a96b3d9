"""BioGPT."""

from tests.architecture.model_builds.drawing import Builds, widths
from tests.architecture.model_builds.strategies.gpt2 import gpt_decoders, gpt_shapes, positions

BUILDS = {
    "biogpt": Builds(
        gpt_decoders(
            gpt_shapes(("hidden_size", "num_attention_heads", "num_hidden_layers")),
            {"intermediate_size": widths, "max_position_embeddings": positions},
        )
    )
}
