"""Mamba, Falcon-Mamba and Mamba-2."""

from hypothesis import strategies as st

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

_COMMON = {"num_hidden_layers": layer_counts, "vocab_size": vocabularies}
_SWITCHES = {
    "tie_word_embeddings": flags,
    "use_bias": flags,
    "use_conv_bias": flags,
    "conv_kernel": st.integers(min_value=2, max_value=5),
    "state_size": st.sampled_from([4, 8, 16]),
}
_MAMBA = fields(
    {**_COMMON, "hidden_size": widths},
    {
        **_SWITCHES,
        "expand": st.integers(min_value=1, max_value=3),
        "time_step_rank": st.sampled_from(["auto", 1, 3, 8]),
    },
)


@st.composite
def _heads(draw: st.DrawFn) -> Config:
    head, expand = draw(st.sampled_from([4, 8])), draw(st.integers(min_value=1, max_value=3))
    heads = expand * draw(st.sampled_from([2, 4, 6]))
    return {
        "num_heads": heads,
        "head_dim": head,
        "expand": expand,
        "hidden_size": heads * head // expand,
        "n_groups": draw(st.sampled_from([1, 2])),
    }


BUILDS = {
    "mamba": Builds(_MAMBA),
    "falcon_mamba": Builds(_MAMBA),
    "mamba2": Builds(merged(_heads(), fields(_COMMON, _SWITCHES))),
}
