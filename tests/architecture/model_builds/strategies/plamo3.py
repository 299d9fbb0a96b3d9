"""PLaMo 3, built by vLLM."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Config
from tests.architecture.model_builds.strategies.llama_shaped import dense, engine_builds


@st.composite
def _heads(draw: st.DrawFn) -> Config:
    kv_heads = draw(st.sampled_from([1, 2, 4]))
    return {
        "hidden_size": draw(st.sampled_from([16, 32, 48])),
        "num_attention_heads": kv_heads * draw(st.sampled_from([1, 2, 3])),
        "num_key_value_heads": kv_heads,
        "head_dim": draw(st.sampled_from([8, 16, 32])),
    }


@st.composite
def _windows(draw: st.DrawFn) -> Config:
    layers = draw(st.integers(1, 6))
    types = draw(
        st.lists(st.sampled_from(["sliding_attention", "full_attention"]), min_size=layers, max_size=layers)
    )
    window = draw(st.sampled_from([16, 32]))
    return {
        "num_hidden_layers": layers,
        "layer_types": types,
        "sliding_window": window,
        "interleaved_sliding_window": [window if kind == "sliding_attention" else None for kind in types],
        "rope_local_theta": 10000,
    }


BUILDS = {"plamo3": engine_builds("Plamo3ForCausalLM", dense(), _heads(), _windows())}
