"""BLOOM in its spellings of hidden size, heads and layers."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds
from tests.architecture.model_builds.strategies.gpt2 import gpt_decoders, gpt_shapes

BUILDS = {
    "bloom": Builds(
        gpt_decoders(
            st.one_of(
                gpt_shapes(("n_embed", "num_attention_heads", "n_layer")),
                gpt_shapes(("hidden_size", "n_head", "n_layer")),
                gpt_shapes(("hidden_size", "num_attention_heads", "num_hidden_layers")),
            ),
            {"n_inner": st.none(), "seq_length": st.just(2048)},
        )
    )
}
