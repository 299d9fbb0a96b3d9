"""Qwen3.5, dense and MoE, with and without its vision tower."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    merged,
    per_layer,
    vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.gemma4 import STATED_TEXT
from tests.architecture.model_builds.strategies.qwen2_moe import QWEN_MOE_NAMES
from tests.architecture.model_builds.strategies.qwen3_next import HYBRID_LAYER_TYPES, linear_shapes
from tests.architecture.model_builds.strategies.qwen3_vl import vision_towers


@st.composite
def hybrid_layers(draw: st.DrawFn) -> Config:
    """Draw layers, and perhaps the kind of each."""
    layers = draw(st.integers(min_value=1, max_value=6))
    stated = {"layer_types": per_layer(st.sampled_from(HYBRID_LAYER_TYPES), layers)}
    return {"num_hidden_layers": layers} | draw(fields({}, stated))


_SWITCHES = {"attention_bias": flags, "tie_word_embeddings": flags}
_DENSE = merged(
    head_shapes(),
    linear_shapes(),
    hybrid_layers(),
    fields({"intermediate_size": widths, "vocab_size": vocabularies}, _SWITCHES),
)
_MOE = merged(
    head_shapes(),
    linear_shapes(),
    hybrid_layers(),
    choices("num_experts"),
    fields(
        {"moe_intermediate_size": widths, "shared_expert_intermediate_size": widths, "vocab_size": vocabularies},
        _SWITCHES,
    ),
)


def _multimodal(text: st.SearchStrategy[Config], class_name: str) -> Builds:
    return Builds(
        fields({"text_config": text}, {"vision_config": vision_towers(deep=False), "tie_word_embeddings": flags}),
        QWEN_MOE_NAMES,
        class_names=(class_name,),
        default=STATED_TEXT,
    )


BUILDS = {
    "qwen3_5": _multimodal(_DENSE, "Qwen3_5ForConditionalGeneration"),
    "qwen3_5_moe": _multimodal(_MOE, "Qwen3_5MoeForConditionalGeneration"),
    "qwen3_5_text": Builds(_DENSE, QWEN_MOE_NAMES),
    "qwen3_5_moe_text": Builds(_MOE, QWEN_MOE_NAMES),
}
