"""Granite 4, dense and with experts, in the published and in the re-saved spelling of the layers."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    layer_counts,
    merged,
    per_layer,
    vocabularies,
    widths,
)


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(layer_counts)
    published = per_layer(st.sampled_from(["mamba", "attention"]), layers)
    saved = per_layer(st.sampled_from(["linear_attention", "full_attention"]), layers)
    stated = st.one_of(
        st.just({}),
        st.fixed_dictionaries({"layer_types": saved}),
        st.fixed_dictionaries({"layer_types": published}),
    )
    return {"num_hidden_layers": layers, **draw(stated)}


@st.composite
def _mixer(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2, 4]))
    expand = draw(st.sampled_from([1, 2, 3]))
    kv_heads = draw(st.sampled_from([1, 2]))
    hidden = 8 * kv_heads * draw(st.sampled_from([1, 2, 4]))
    drawn: Config = {
        "hidden_size": hidden,
        "num_attention_heads": 2 * kv_heads,
        "num_key_value_heads": kv_heads,
        "mamba_n_heads": heads,
        "mamba_expand": expand,
        "mamba_n_groups": draw(st.sampled_from([1, heads])),
        "mamba_d_state": draw(st.sampled_from([4, 16])),
        "mamba_d_conv": draw(st.sampled_from([2, 4])),
    }
    if draw(flags):
        drawn["mamba_d_head"] = expand * hidden // heads
    return drawn


BUILDS = {
    "granitemoehybrid": Builds(
        merged(
            _layers(),
            _mixer(),
            choices("num_local_experts"),
            fields(
                {"intermediate_size": widths, "shared_intermediate_size": widths, "vocab_size": vocabularies},
                {
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "mamba_conv_bias": flags,
                    "mamba_proj_bias": flags,
                    "num_local_experts": st.just(0),
                },
            ),
        )
    )
}
