"""Zamba and Zamba2."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    fields,
    flags,
    head_shapes,
    merged,
    per_layer,
    vocabularies,
    widths,
)

_NAMES = st.sampled_from(["mamba", "linear_attention", "hybrid", "hybrid"])


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(st.integers(min_value=6, max_value=9))
    drawn: Config = {"num_hidden_layers": layers}
    if draw(flags):
        # The class refuses a shared layer that is used once.
        names = draw(per_layer(_NAMES, layers).filter(lambda names: names.count("hybrid") != 1))
        return drawn | {"layers_block_type": names}
    period = draw(st.integers(min_value=1, max_value=3))
    return drawn | {"attn_layer_period": period, "attn_layer_offset": draw(st.integers(0, period - 1))}


@st.composite
def _stated_layers(draw: st.DrawFn) -> Config:
    if draw(st.integers(0, 7)) == 0:
        return {}
    layers = draw(st.integers(min_value=1, max_value=8))
    return {"num_hidden_layers": layers, "layers_block_type": draw(per_layer(_NAMES, layers))}


def _tied_where_shared(config: Config) -> Config:
    """Tie the embeddings where a layer is shared, because the classes share nothing without."""
    uses = config.get("layers_block_type", ["hybrid"] * 9).count("hybrid")
    if uses > config.get("num_mem_blocks", 1):
        return {**config, "tie_word_embeddings": True}
    return config


_SIZES = {
    "mamba_d_conv": st.integers(min_value=2, max_value=5),
    "mamba_d_state": st.sampled_from([4, 8, 16]),
    "mamba_expand": st.integers(min_value=1, max_value=3),
    "tie_word_embeddings": flags,
}

BUILDS = {
    "zamba": Builds(
        merged(
            head_shapes(head_dimension=False),
            _layers(),
            fields(
                {"intermediate_size": widths, "vocab_size": vocabularies},
                {
                    **_SIZES,
                    "n_mamba_heads": st.sampled_from([1, 2, 4]),
                    "attention_hidden_size": st.sampled_from([None, 24, 48]),
                    "attention_head_dim": st.sampled_from([None, 4, 8]),
                    "mamba_dt_rank": st.sampled_from(["auto", 1, 3, 8]),
                    "mamba_conv_bias": flags,
                    "mamba_proj_bias": flags,
                },
            ),
        ).map(_tied_where_shared)
    ),
    "zamba2": Builds(
        merged(
            head_shapes(head_dimension=False),
            _stated_layers(),
            fields(
                {"vocab_size": vocabularies, "n_mamba_heads": st.sampled_from([1, 2, 4])},
                {
                    **_SIZES,
                    "intermediate_size": st.sampled_from([None, 16, 24]),
                    "num_key_value_heads": st.none(),
                    "mamba_ngroups": st.sampled_from([1, 2]),
                    "num_mem_blocks": st.integers(min_value=1, max_value=3),
                    "adapter_rank": st.sampled_from([2, 4]),
                    "use_shared_attention_adapter": flags,
                    "add_bias_linear": flags,
                    "use_conv_bias": flags,
                },
            ),
        ).map(_tied_where_shared)
    ),
}
