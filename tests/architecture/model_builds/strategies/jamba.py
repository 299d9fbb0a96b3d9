"""Jamba."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    layer_counts,
    merged,
    vocabularies,
    widths,
)


@st.composite
def _period(draw: st.DrawFn, period: str, offset: str) -> Config:
    length = draw(st.integers(min_value=1, max_value=4))
    return {period: length, offset: draw(st.integers(min_value=0, max_value=length - 1))}


BUILDS = {
    "jamba": Builds(
        merged(
            head_shapes(),
            choices(),
            _period("attn_layer_period", "attn_layer_offset"),
            _period("expert_layer_period", "expert_layer_offset"),
            fields(
                {"intermediate_size": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies},
                {
                    "mamba_d_state": st.sampled_from([4, 8]),
                    "mamba_d_conv": st.sampled_from([2, 3]),
                    "mamba_expand": st.sampled_from([1, 3]),
                    "mamba_dt_rank": st.sampled_from(["auto", 3, 8]),
                    "mamba_conv_bias": flags,
                    "mamba_proj_bias": flags,
                    "tie_word_embeddings": flags,
                    # One expert is a dense feed-forward in every layer.
                    "num_experts": st.just(1),
                    "num_experts_per_tok": st.just(1),
                },
            ),
        )
    )
}
