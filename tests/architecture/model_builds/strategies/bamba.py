"""Bamba and Falcon-H1."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    fields,
    flags,
    head_shapes,
    merged,
    vocabularies,
    widths,
)

_SWITCHES = fields(
    {"intermediate_size": widths, "vocab_size": vocabularies},
    {
        "tie_word_embeddings": flags,
        "attention_bias": flags,
        "mlp_bias": flags,
        "mamba_conv_bias": flags,
        "mamba_proj_bias": flags,
        "mamba_d_conv": st.integers(min_value=2, max_value=5),
        "mamba_d_state": st.sampled_from([4, 8, 16]),
        "mamba_n_groups": st.sampled_from([1, 2]),
    },
)


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(st.integers(min_value=1, max_value=6))
    drawn: Config = {"num_hidden_layers": layers}
    if draw(flags):
        drawn["attn_layer_indices"] = draw(st.lists(st.integers(0, layers - 1), unique=True, max_size=layers))
    return drawn


@st.composite
def _mamba(draw: st.DrawFn, *, stated_width: bool) -> Config:
    shape = draw(head_shapes())
    expand = draw(st.integers(min_value=1, max_value=3))
    inner = expand * shape["hidden_size"]
    drawn: Config = {"mamba_expand": expand}
    if stated_width:
        drawn["mamba_d_ssm"] = draw(st.sampled_from([None, 16, 24, 64]))
        inner = drawn["mamba_d_ssm"] or inner
    heads = draw(st.sampled_from([1, 2, 4]))
    drawn |= {"mamba_n_heads": heads, "mamba_d_head": draw(st.sampled_from(["auto", inner // heads]))}
    return shape | drawn


BUILDS = {
    "bamba": Builds(merged(_mamba(stated_width=False), _layers(), _SWITCHES)),
    "falcon_h1": Builds(
        merged(
            _mamba(stated_width=True),
            _SWITCHES,
            fields(
                {"num_hidden_layers": st.integers(min_value=1, max_value=4)},
                {"projectors_bias": flags, "mamba_rms_norm": flags},
            ),
        )
    ),
}
