"""Qwen3-ASR and GLM-ASR."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, Config, fields, flags, layer_counts, merged, widths
from tests.architecture.model_builds.parts import audio_encoder, text_models, without

_NAMES = ComponentNames(audio_tower=r"audio|multi_modal_projector")
_QWEN_ENCODER = merged(
    without(audio_encoder(), "num_mel_bins").map(
        lambda drawn: {name: value for name, value in drawn.items() if name != "max_source_positions"}
    ),
    fields({"downsample_hidden_size": st.sampled_from([4, 8])}, {"output_dim": widths}),
)


@st.composite
def _glm_encoders(draw: st.DrawFn) -> Config:
    kv_heads = draw(st.sampled_from([1, 2]))
    heads = kv_heads * draw(st.sampled_from([1, 2]))
    drawn: Config = {
        "hidden_size": heads * draw(st.sampled_from([4, 8])),
        "num_attention_heads": heads,
        "intermediate_size": draw(widths),
        "num_hidden_layers": draw(layer_counts),
    }
    if draw(flags):
        drawn["num_key_value_heads"] = kv_heads
    return drawn


# As for Mistral 3, the root's tie_word_embeddings is always stated.
BUILDS = {
    "qwen3_asr": Builds(
        fields(
            {
                "text_config": text_models("qwen3", "llama"),
                "audio_config": _QWEN_ENCODER,
                "tie_word_embeddings": flags,
            }
        ),
        _NAMES,
    ),
    "glmasr": Builds(
        fields(
            {
                "text_config": st.one_of(
                    text_models("llama", "mistral"),
                    without(text_models("llama"), "vocab_size", "intermediate_size", "num_hidden_layers"),
                ),
                "audio_config": merged(_glm_encoders(), fields({}, {"num_mel_bins": st.sampled_from([8, 16])})),
                "tie_word_embeddings": flags,
            }
        ),
        _NAMES,
        default={"tie_word_embeddings": False},
    ),
}
