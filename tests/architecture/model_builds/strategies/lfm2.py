"""LFM2 and LFM3."""

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


@st.composite
def _layers(draw: st.DrawFn, names: tuple[str, ...], *, indices: bool) -> Config:
    layers = draw(st.integers(min_value=1, max_value=9))
    drawn: Config = {"num_hidden_layers": layers}
    match draw(st.sampled_from(["types", "indices", "default"])):
        case "types":
            drawn["layer_types"] = draw(per_layer(st.sampled_from(names), layers))
        case "indices" if indices:
            drawn["full_attn_idxs"] = draw(st.lists(st.integers(0, layers - 1), unique=True, max_size=layers))
    return drawn


_COMMON = {
    "conv_bias": flags,
    "conv_L_cache": st.integers(min_value=2, max_value=5),
    "tie_word_embeddings": flags,
}

BUILDS = {
    "lfm2": Builds(
        merged(
            head_shapes(),
            _layers(("conv", "full_attention"), indices=True),
            fields(
                {"intermediate_size": widths, "vocab_size": vocabularies},
                {
                    **_COMMON,
                    "tie_embedding": flags,
                    "block_ff_dim": widths,
                    "block_auto_adjust_ff_dim": flags,
                    "block_ffn_dim_multiplier": st.sampled_from([0.5, 1.3, 2]),
                    "block_multiple_of": st.sampled_from([1, 8, 10]),
                },
            ),
        )
    ),
    "lfm3": Builds(
        merged(
            head_shapes(),
            _layers(("conv", "full_attention", "sliding_attention"), indices=False),
            fields(
                {"intermediate_size": widths, "vocab_size": vocabularies},
                {
                    **_COMMON,
                    "use_sandwich_norm": flags,
                    "use_attention_gate": flags,
                    "attention_bias": flags,
                    "sliding_window": st.sampled_from([16, 64]),
                    "pad_token_id": st.none(),
                },
            ),
            st.just({"pad_token_id": None}),
        )
    ),
}
