"""Inkling, in the published and in the re-saved spelling of its widths and layers."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    layer_counts,
    merged,
    per_layer,
    vocabularies,
    widths,
)

_NAMES = ComponentNames(router=r"\.mlp\.gate\.")


@st.composite
def inkling_heads(draw: st.DrawFn) -> Config:
    """Draw the head shapes of full and of sliding layers, which need not be alike."""
    drawn: Config = {"hidden_size": draw(st.sampled_from([16, 32, 48]))}
    for prefix in ("", "swa_"):
        kv_heads = draw(st.sampled_from([1, 2, 4]))
        drawn |= {
            f"{prefix}num_key_value_heads": kv_heads,
            f"{prefix}num_attention_heads": kv_heads * draw(st.sampled_from([1, 2])),
            f"{prefix}head_dim": draw(st.sampled_from([4, 8])),
        }
    return drawn


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(st.one_of(layer_counts, st.just(7)))
    drawn: Config = {"num_hidden_layers": layers}
    match draw(st.sampled_from(["types", "local", "left out"])):
        case "types":
            drawn["layer_types"] = draw(per_layer(st.sampled_from(["hybrid", "hybrid_sliding"]), layers))
        case "local":
            indices = st.integers(min_value=0, max_value=layers - 1)
            drawn["local_layer_ids"] = draw(st.lists(indices, unique=True))
    match draw(st.sampled_from(["types", "first", "left out"])):
        case "types":
            drawn["mlp_layer_types"] = draw(per_layer(st.sampled_from(["dense", "sparse"]), layers))
        case "first":
            drawn["dense_mlp_idx"] = draw(st.integers(min_value=0, max_value=layers))
    return drawn


_WIDTHS = st.one_of(
    st.fixed_dictionaries({"intermediate_size": widths, "moe_intermediate_size": widths}),
    st.fixed_dictionaries({"intermediate_size": widths, "dense_intermediate_size": widths}),
)
_TEXT = merged(
    inkling_heads(),
    _layers(),
    _WIDTHS,
    choices("n_routed_experts"),
    fields(
        {"vocab_size": vocabularies},
        {
            "n_shared_experts": st.sampled_from([0, 1, 2]),
            "sliding_window_size": st.sampled_from([16, 24]),
            "rel_extent": st.sampled_from([16, 32]),
            "d_rel": st.sampled_from([2, 4]),
            "sconv_kernel_size": st.sampled_from([2, 3]),
            "num_nextn_predict_layers": st.just(1),
        },
    ),
)


@st.composite
def _vision(draw: st.DrawFn) -> Config:
    """Draw sides that fold in two to four steps, fewer than the tower has or more; frames join in the last one."""
    patch, factors = draw(st.sampled_from([(4, 2), (6, 2), (12, 3), (40, 4)]))
    steps = st.integers(min_value=2, max_value=factors + 1)
    sizes = {
        "n_layers": st.one_of(steps, st.just(6)) if patch == 40 else steps,
        "patch_size": st.just(patch),
        "temporal_patch_size": st.sampled_from([2, 3]),
    }
    return draw(fields(sizes, {"num_channels": st.sampled_from([1, 3])}))


_AUDIO = fields({}, {"n_mel_bins": st.sampled_from([4, 8]), "mel_vocab_size": st.sampled_from([4, 16])})

BUILDS = {
    "inkling_text": Builds(_TEXT, _NAMES),
    "inkling_mm_model": Builds(
        fields({"text_config": _TEXT, "vision_config": _vision()}, {"audio_config": _AUDIO}),
        _NAMES,
        # The steps of the class default join frames before the last one, of which no count is certain.
        default={"vision_config": {"n_layers": 4}},
    ),
}
