"""Falcon in its three shapes."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, Config, flags, layer_counts, widths
from tests.architecture.model_builds.strategies.gpt2 import gpt_decoders


@st.composite
def _shapes(draw: st.DrawFn) -> Config:
    kv_heads = draw(st.sampled_from([1, 2, 4]))
    heads = kv_heads * draw(st.sampled_from([1, 2, 3]))
    drawn: Config = {
        draw(st.sampled_from(["hidden_size", "n_embed"])): heads * draw(st.sampled_from([4, 8, 16])),
        "num_attention_heads": heads,
        "num_hidden_layers": draw(layer_counts),
    }
    stated = draw(st.sampled_from([kv_heads, None, "absent"]))
    return drawn if stated == "absent" else {**drawn, "num_kv_heads": stated}


BUILDS = {
    "falcon": Builds(
        gpt_decoders(
            _shapes(),
            {
                "new_decoder_architecture": flags,
                "multi_query": flags,
                "parallel_attn": flags,
                "num_ln_in_parallel_attn": st.sampled_from([None, 1, 2]),
                "bias": flags,
                "alibi": flags,
                "ffn_hidden_size": st.one_of(st.none(), widths),
            },
        )
    )
}
