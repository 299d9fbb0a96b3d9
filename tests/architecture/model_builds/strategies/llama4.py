"""Llama 4 with its vision tower."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, Config, fields, flags, layer_counts, merged, widths
from tests.architecture.model_builds.strategies.llama4_text import llama4_text


@st.composite
def _shape(draw: st.DrawFn) -> Config:
    heads, width = draw(st.sampled_from([1, 2, 4])), draw(widths)
    # The class adapts what it writes, so that both widths of the adapter are alike.
    return {
        "num_attention_heads": heads,
        "hidden_size": 8 * heads,
        "projector_input_dim": width,
        "projector_output_dim": width,
    }


_TOWER = merged(
    _shape(),
    fields(
        {
            "num_hidden_layers": layer_counts,
            "intermediate_size": widths,
            "vision_output_dim": widths,
            "image_size": st.sampled_from([8, 14]),
            "patch_size": st.sampled_from([2, 4]),
        },
        {"num_channels": st.sampled_from([1, 3])},
    ),
)

BUILDS = {
    "llama4": Builds(
        fields(
            {"text_config": llama4_text},
            # Published copies leave the tower out now and then: it has the class defaults.
            {"vision_config": _TOWER, "tie_word_embeddings": flags},
        ),
        class_names=("Llama4ForConditionalGeneration",),
    )
}
