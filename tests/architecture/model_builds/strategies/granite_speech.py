"""Granite Speech."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, Config, fields, flags, layer_counts, merged, widths
from tests.architecture.model_builds.parts import text_models, tower_heads


@st.composite
def _encoders(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2, 4]))
    return {"num_heads": heads, "hidden_dim": heads * draw(st.sampled_from([4, 8]))}


_ENCODER = merged(
    _encoders(),
    fields(
        {"num_layers": layer_counts},
        {
            "input_dim": st.sampled_from([8, 16]),
            "feedforward_mult": st.sampled_from([2, 4]),
            "dim_head": st.sampled_from([4, 8]),
            "output_dim": st.sampled_from([5, 9]),
            # At least the block's size, which the class's distances presuppose.
            "max_pos_emb": st.sampled_from([200, 256]),
            "conv_kernel_size": st.sampled_from([3, 5]),
            "conv_expansion_factor": st.sampled_from([1, 2]),
        },
    ),
)
_QFORMER = merged(
    tower_heads(),
    fields(
        {"intermediate_size": widths, "num_hidden_layers": layer_counts, "encoder_hidden_size": widths},
        {
            "model_type": st.just("blip_2_qformer"),
            "cross_attention_frequency": st.sampled_from([1, 2, 3]),
            "use_qformer_text_input": flags,
        },
    ),
)

# As for Mistral 3, the root's tie_word_embeddings is always stated.
_BUILDS = Builds(
    fields(
        {
            "text_config": text_models("granite", "llama"),
            "encoder_config": _ENCODER,
            "projector_config": _QFORMER,
            "tie_word_embeddings": flags,
        },
        {"window_size": st.sampled_from([10, 15]), "downsample_rate": st.sampled_from([3, 5])},
    ),
    ComponentNames(audio_tower=r"encoder\.|projector\."),
    default={"tie_word_embeddings": False},
)

BUILDS = {"granite_speech": _BUILDS, "granite_speech_plus": _BUILDS}
