"""DBRX."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    flags,
    layer_counts,
    vocabularies,
    widths,
)

# The class reads the base of its rotary positions from a field that it gives no default.
_ROPE = {"rope_theta": 500000.0}


@st.composite
def _configs(draw: st.DrawFn) -> Config:
    kv_heads = draw(st.sampled_from([1, 2, 4]))
    heads = kv_heads * draw(st.sampled_from([1, 2, 3]))
    drawn: Config = {
        "d_model": heads * draw(st.sampled_from([4, 8, 16])),
        "n_heads": heads,
        "n_layers": draw(layer_counts),
        "vocab_size": draw(vocabularies),
        "attn_config": {**_ROPE, **({"kv_n_heads": kv_heads} if draw(flags) else {})},
    }
    if draw(flags):
        drawn["ffn_config"] = {
            **(draw(choices("moe_num_experts", "moe_top_k"))),
            **({"ffn_hidden_size": draw(widths)} if draw(flags) else {}),
        }
    return drawn


BUILDS = {"dbrx": Builds(_configs(), default={"attn_config": _ROPE})}
