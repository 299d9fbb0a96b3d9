"""JetMoE, whose attention has experts too; the shared output bias of either belongs to no expert."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    choices,
    fields,
    flags,
    layer_counts,
    merged,
    vocabularies,
    widths,
)

BUILDS = {
    "jetmoe": Builds(
        merged(
            choices("num_local_experts"),
            fields(
                {
                    "hidden_size": widths,
                    "intermediate_size": widths,
                    "num_hidden_layers": layer_counts,
                    "num_key_value_heads": st.sampled_from([1, 2, 4]),
                    "kv_channels": st.sampled_from([4, 8, 16]),
                    "vocab_size": vocabularies,
                },
                {"tie_word_embeddings": flags},
            ),
        ),
        names=ComponentNames(routed_experts=r"(self_attention\.experts|mlp)\.(input|output)_linear\."),
    )
}
