"""Phi-4-multimodal."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    fields,
    flags,
    head_shapes,
    layer_counts,
    merged,
    vocabularies,
    widths,
)

_TOWER_WIDTHS = st.sampled_from([16, 24, 32])
_VISION = fields(
    {
        "hidden_size": _TOWER_WIDTHS,
        "num_attention_heads": st.sampled_from([1, 2, 4]),
        "num_hidden_layers": st.integers(min_value=1, max_value=3),
        "intermediate_size": widths,
        "image_size": st.sampled_from([28, 30, 56]),
    },
    {"patch_size": st.sampled_from([7, 14]), "num_channels": st.sampled_from([1, 3])},
)


@st.composite
def _audio_widths(draw: st.DrawFn) -> Config:
    width = draw(_TOWER_WIDTHS)
    return {"hidden_size": width, "ext_pw_out_channel": width, "depthwise_separable_out_channel": width}


_AUDIO = merged(
    _audio_widths(),
    fields(
        {
            "num_attention_heads": st.sampled_from([1, 2, 4]),
            "num_blocks": st.integers(min_value=1, max_value=3),
            "intermediate_size": widths,
            "nemo_conv_channels": st.sampled_from([4, 8]),
            "bias_max_distance": st.sampled_from([5, 10]),
        },
        {
            "ext_pw_out_channel": st.sampled_from([8, 40]),
            "depthwise_separable_out_channel": st.sampled_from([8, 40]),
            "bias_symmetric": flags,
            "depthwise_multiplier": st.sampled_from([1, 2]),
            "kernel_size": st.sampled_from([3, 5]),
            "input_size": st.sampled_from([20, 33, 80]),
            "time_reduction": st.sampled_from([2, 4, 6, 8]),
            "downsample_rate": st.sampled_from([1, 2]),
        },
    ),
)

BUILDS = {
    "phi4_multimodal": Builds(
        merged(
            head_shapes(),
            fields(
                {
                    "intermediate_size": widths,
                    "num_hidden_layers": layer_counts,
                    "vocab_size": vocabularies,
                    "vision_config": _VISION,
                    "audio_config": _AUDIO,
                },
                {
                    "tie_word_embeddings": flags,
                    "num_key_value_heads": st.none(),
                    "sliding_window": st.sampled_from([None, 8, 64]),
                },
            ),
            st.just({"pad_token_id": None}),
        )
    )
}
