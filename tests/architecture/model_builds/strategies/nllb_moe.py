"""NLLB-MoE: an encoder and a decoder of different depths, widths and steps between layers with experts."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
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

_STEPS = st.integers(min_value=0, max_value=3)


@st.composite
def _heads(draw: st.DrawFn) -> Config:
    return {
        "d_model": 4 * draw(st.sampled_from([4, 8])),
        "encoder_attention_heads": draw(st.sampled_from([1, 2, 4])),
        "decoder_attention_heads": draw(st.sampled_from([1, 2, 4])),
    }


BUILDS = {
    "nllb-moe": Builds(
        merged(
            _heads(),
            fields(
                {
                    "encoder_layers": layer_counts,
                    "decoder_layers": layer_counts,
                    "encoder_ffn_dim": widths,
                    "decoder_ffn_dim": widths,
                    "num_experts": st.integers(min_value=2, max_value=8),
                    "vocab_size": vocabularies,
                },
                {
                    "encoder_sparse_step": _STEPS,
                    "decoder_sparse_step": _STEPS,
                    "router_bias": flags,
                    "tie_word_embeddings": flags,
                },
            ),
        ),
        ComponentNames(input_embedding=r"embed_tokens", router=r"\.router\."),
    )
}
