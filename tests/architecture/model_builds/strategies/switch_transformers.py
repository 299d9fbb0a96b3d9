"""Switch Transformers: an encoder and a decoder of different depths, experts in some layers of each."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    fields,
    flags,
    layer_counts,
    vocabularies,
    widths,
)

_SPARSE_LAYERS = st.integers(min_value=0, max_value=4)

BUILDS = {
    "switch_transformers": Builds(
        fields(
            {
                "d_model": widths,
                "d_kv": st.sampled_from([4, 8]),
                "d_ff": widths,
                "num_heads": st.sampled_from([1, 2, 3]),
                "num_layers": layer_counts,
                "num_decoder_layers": st.one_of(st.none(), layer_counts),
                "num_sparse_encoder_layers": _SPARSE_LAYERS,
                "num_sparse_decoder_layers": _SPARSE_LAYERS,
                "num_experts": st.integers(min_value=2, max_value=8),
                "vocab_size": vocabularies,
            },
            {
                "relative_attention_num_buckets": st.sampled_from([8, 16]),
                "router_bias": flags,
                "tie_word_embeddings": flags,
            },
        ),
        ComponentNames(input_embedding=r"embed_tokens", router=r"\.router\."),
    )
}
