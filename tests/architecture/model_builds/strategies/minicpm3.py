"""MiniCPM3 and Youtu."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    fields,
    flags,
    layer_counts,
    merged,
    vocabularies,
    widths,
)

_SIZES = {"intermediate_size": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies}


@st.composite
def _latent_shapes(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2, 4]))
    return {
        "hidden_size": heads * draw(st.sampled_from([8, 16])),
        "num_attention_heads": heads,
        "num_key_value_heads": heads,
        "kv_lora_rank": draw(st.sampled_from([8, 16])),
        "q_lora_rank": draw(st.sampled_from([None, 8, 12])),
        "qk_nope_head_dim": draw(st.sampled_from([4, 8])),
        "qk_rope_head_dim": draw(st.sampled_from([2, 4])),
    }


BUILDS = {
    "minicpm3": Builds(
        merged(
            _latent_shapes(),
            fields(
                _SIZES,
                {
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "mlp_bias": flags,
                    "v_head_dim": st.sampled_from([None, 4, 8]),
                },
            ),
        )
    ),
    "youtu": Builds(
        merged(
            _latent_shapes(),
            fields(
                _SIZES,
                {
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "v_head_dim": st.sampled_from([4, 8]),
                },
            ),
        )
    ),
}
