"""Llama-Nemotron found by architecture search: every layer of its own shape, parts left out."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Config,
    fields,
    flags,
    head_shapes,
    layer_counts,
    padded_vocabularies,
    per_layer,
    widths,
)
from tests.architecture.model_builds.strategies.llama_shaped import engine_builds

_FEED_FORWARDS = st.one_of(
    st.just({"no_op": True}),
    st.fixed_dictionaries({"no_op": st.just(False), "ffn_mult": st.sampled_from([1.3125, 2.625, 5.25, 20.5])}),
    st.fixed_dictionaries({"no_op": st.just(False), "intermediate_size": widths}),
)


@st.composite
def _searched(draw: st.DrawFn) -> Config:
    config = draw(head_shapes())
    heads, layers = config["num_attention_heads"], draw(layer_counts)
    del config["num_key_value_heads"]
    sharing = st.sampled_from([size for size in (1, 2, 3, 4) if heads % size == 0])
    attention = st.one_of(
        st.just({"no_op": True, "n_heads_in_group": None}),
        st.fixed_dictionaries(
            {"no_op": st.just(False), "n_heads_in_group": sharing, "replace_with_linear": st.just(False)}
        ),
    )
    blocks = draw(per_layer(st.fixed_dictionaries({"attention": attention, "ffn": _FEED_FORWARDS}), layers))
    if all(block["attention"]["no_op"] for block in blocks):
        blocks[0]["attention"] = {"no_op": False, "n_heads_in_group": 1}
    return {**config, "num_hidden_layers": layers, "block_configs": blocks}


BUILDS = {
    "nemotron-nas": engine_builds(
        "DeciLMForCausalLM",
        _searched(),
        fields(
            {"vocab_size": padded_vocabularies, "tie_word_embeddings": flags},
            {"attention_bias": flags, "mlp_bias": flags, "qkv_bias": flags},
        ),
    )
}
