"""Molmo 2: the tower's part under its present name or its old one."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, Config, fields, flags, layer_counts, merged, widths
from tests.architecture.model_builds.parts import text_model, without

_TEXT = merged(
    without(text_model("mistral", stated=False), "intermediate_size", "vocab_size"),
    fields(
        {"head_dim": st.sampled_from([4, 8])},
        {
            "attention_bias": flags,
            "qk_norm_type": st.sampled_from(["qwen3", "olmo"]),
            "additional_vocab_size": st.sampled_from([4, 8]),
        },
    ),
)


@st.composite
def _attending(draw: st.DrawFn) -> Config:
    kv_heads = draw(st.sampled_from([1, 2]))
    return {
        "hidden_size": draw(widths),
        "num_attention_heads": kv_heads * draw(st.sampled_from([1, 2])),
        "num_key_value_heads": kv_heads,
        "head_dim": draw(st.sampled_from([4, 8])),
        "intermediate_size": draw(widths),
    }


_TOWER = merged(
    _attending(),
    fields({"num_hidden_layers": layer_counts}, {"attention_bias": flags, "num_channels": st.sampled_from([1, 3])}),
)
_PRESENT = fields(
    {},
    {
        "image_size": st.sampled_from([[28, 28], [28, 42]]),
        "patch_size": st.sampled_from([7, 14]),
        "num_position_embeddings": st.sampled_from([4, 9]),
    },
)
_OLD = fields(
    {},
    {
        "image_default_input_size": st.sampled_from([[28, 28], [28, 42]]),
        "image_patch_size": st.sampled_from([7, 14]),
        "image_num_pos": st.sampled_from([4, 9]),
    },
)
_ADAPTER = merged(
    _attending(), fields({}, {"attention_bias": flags, "mlp_bias": flags, "text_hidden_size": widths})
)
_LAYERS = st.sampled_from([[0], [-1, 0], [-1, -2, 0]])

BUILDS = {
    "molmo2": Builds(
        st.one_of(
            fields(
                {
                    "text_config": _TEXT,
                    "vision_config": merged(_TOWER, _PRESENT),
                    "adapter_config": merged(_ADAPTER, fields({"vision_feature_layer": _LAYERS})),
                }
            ),
            fields(
                {
                    "text_config": _TEXT,
                    "vit_config": merged(_TOWER, _OLD),
                    "adapter_config": merged(_ADAPTER, fields({"vit_layers": _LAYERS})),
                }
            ),
        )
    )
}
