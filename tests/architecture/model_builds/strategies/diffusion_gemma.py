"""DiffusionGemma: the mixtures of Gemma 4 whose encoder and decoder share their weights."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    choices,
    fields,
    flags,
    merged,
    vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.gemma4 import NAMES, global_heads, shared_layers, vision_towers

_TEXT = merged(
    global_heads(),
    shared_layers(sharing=False),
    choices("num_experts", "top_k_experts"),
    fields(
        {"intermediate_size": widths, "moe_intermediate_size": widths, "vocab_size": vocabularies},
        {"attention_bias": flags},
    ),
)

BUILDS = {
    "diffusion_gemma": Builds(
        fields({"text_config": _TEXT}, {"vision_config": vision_towers(), "tie_word_embeddings": st.just(True)}),
        NAMES,
        # The class has no default number of experts.
        default={"text_config": {"num_experts": 128, "top_k_experts": 8, "moe_intermediate_size": 704}},
    )
}
