"""LFM3-VL."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, Config, fields, flags, merged, widths
from tests.architecture.model_builds.parts import text_models


@st.composite
def _towers(draw: st.DrawFn) -> Config:
    kv_heads, layers = draw(st.sampled_from([1, 2])), draw(st.sampled_from([1, 3, 4, 6]))
    heads = kv_heads * draw(st.sampled_from([1, 2]))
    drawn: Config = {
        "hidden_size": heads * draw(st.sampled_from([8, 16])),
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "num_hidden_layers": layers,
        "intermediate_size": draw(widths),
    }
    if draw(flags):
        kind = st.sampled_from(["conv", "full_attention"])
        drawn["layer_types"] = draw(st.lists(kind, min_size=layers, max_size=layers))
    return drawn


_TOWER = merged(
    _towers(),
    fields(
        {},
        {
            "in_channels": st.sampled_from([1, 3]),
            "patch_size": st.sampled_from([2, 4]),
            "spatial_merge_size": st.sampled_from([1, 2]),
            "temporal_patch_size": st.sampled_from([1, 2]),
            "conv_kernel_size": st.sampled_from([3, 5]),
        },
    ),
)

# As for Mistral 3, the root's tie_word_embeddings is always stated.
BUILDS = {
    "lfm3_vl": Builds(
        fields(
            {
                # The class marks padding with a token of its default vocabulary.
                "text_config": text_models("lfm3", "llama").map(lambda drawn: {**drawn, "pad_token_id": 0}),
                "vision_config": _TOWER,
                "tie_word_embeddings": flags,
            },
            {"projector_hidden_size": widths, "projector_bias": flags},
        )
    )
}
