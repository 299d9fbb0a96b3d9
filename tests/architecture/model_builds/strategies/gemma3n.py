"""Gemma 3n, alone and with its towers. The builds with towers need timm."""

from typing import Any

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    fields,
    flags,
    head_shapes,
    merged,
    per_layer,
    vocabularies,
    widths,
)


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    """Draw layers of which the last ones share keys and values with earlier layers of their kind."""
    layers = draw(st.integers(min_value=2, max_value=8))
    kinds = ["full_attention" if (index + 1) % 5 == 0 else "sliding_attention" for index in range(layers)]
    drawn: Config = {"num_hidden_layers": layers}
    if draw(flags):
        kinds = draw(per_layer(st.sampled_from(["full_attention", "sliding_attention"]), layers))
        drawn["layer_types"] = kinds
    shared = [count for count in range(layers) if set(kinds[: layers - count]) == set(kinds)]
    drawn["num_kv_shared_layers"] = draw(st.sampled_from(shared))
    drawn["intermediate_size"] = draw(widths | per_layer(widths, layers))
    return drawn


_TEXT = merged(
    head_shapes(head_dimension=False),
    _layers(),
    fields(
        {
            "vocab_size": vocabularies,
            "vocab_size_per_layer_input": vocabularies,
            "hidden_size_per_layer_input": st.sampled_from([4, 8]),
            "head_dim": st.sampled_from([4, 8, 16]),
        },
        {
            "altup_num_inputs": st.integers(min_value=1, max_value=4),
            "laurel_rank": st.sampled_from([2, 4]),
            "sliding_window": st.sampled_from([16, 64]),
            "attention_bias": flags,
        },
    ),
)
_AUDIO = fields(
    {
        "hidden_size": st.sampled_from([16, 24]),
        "conf_num_attention_heads": st.sampled_from([1, 2, 4]),
        "conf_num_hidden_layers": st.integers(min_value=1, max_value=3),
        "vocab_size": st.integers(min_value=1, max_value=9),
    },
    {
        "input_feat_size": st.sampled_from([16, 24, 30]),
        "conf_conv_kernel_size": st.sampled_from([3, 5]),
        "sscp_conv_channel_size": st.sampled_from([[8, 4], [4, 16]]),
        "sscp_conv_kernel_size": st.just([[3, 3], [3, 3]]),
    },
)
_VISION = fields(
    {"hidden_size": st.sampled_from([16, 24]), "vocab_size": st.integers(min_value=1, max_value=9)},
    {"architecture": st.just("mobilenetv5_300m_enc")},
)
_PARTS: dict[str, st.SearchStrategy[Any]] = {"text_config": _TEXT, "audio_config": _AUDIO}

BUILDS = {
    "gemma3n_text": Builds(merged(_TEXT, fields({}, {"tie_word_embeddings": flags}))),
    "gemma3n": Builds(
        fields(_PARTS, {"vision_config": _VISION, "tie_word_embeddings": flags}), default={"text_config": {}}
    ),
}
