"""Voxtral Realtime."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, fields, flags, layer_counts, merged, widths
from tests.architecture.model_builds.parts import text_model, tower_heads, without

_TEXT = without(text_model("mistral", stated=False), "vocab_size", "head_dim", "intermediate_size")
_ENCODER = merged(
    tower_heads(),
    fields(
        {"intermediate_size": widths, "num_hidden_layers": layer_counts},
        {"num_mel_bins": st.sampled_from([8, 16]), "head_dim": st.sampled_from([4, 8])},
    ),
).map(lambda drawn: {**drawn, "num_key_value_heads": drawn["num_attention_heads"]})

# As for Mistral 3, the root's tie_word_embeddings is always stated.
BUILDS = {
    "voxtral_realtime": Builds(
        fields(
            {"text_config": _TEXT, "audio_config": _ENCODER, "tie_word_embeddings": flags},
            {"downsample_factor": st.sampled_from([1, 2])},
        ),
        ComponentNames(audio_tower=r"audio|multi_modal_projector"),
    )
}
