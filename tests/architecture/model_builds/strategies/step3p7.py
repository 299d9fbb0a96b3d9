"""Step 3.7: sliding layers with heads of their own, in the published and in the re-saved spelling."""

from typing import Any

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    merged,
    per_layer,
    vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.gemma4 import STATED_TEXT

_KINDS = st.sampled_from(["full_attention", "sliding_attention"])
_FEED_FORWARDS = st.sampled_from(["dense", "sparse"])


@st.composite
def _heads(draw: st.DrawFn) -> Config:
    kv_heads = draw(st.sampled_from([1, 2]))
    heads = kv_heads * draw(st.sampled_from([1, 2]))
    sliding = kv_heads * draw(st.sampled_from([1, 2, 3]))
    drawn: Config = {
        "hidden_size": heads * draw(st.sampled_from([8, 16])),
        "num_attention_heads": heads,
        draw(st.sampled_from(["num_key_value_heads", "num_attention_groups"])): kv_heads,
        "head_dim": draw(st.sampled_from([4, 8])),
    }
    match draw(st.sampled_from(["same", "resaved", "published"])):
        case "resaved":
            drawn["num_sliding_attention_heads"] = sliding
        case "published":
            drawn["attention_other_setting"] = {
                "attention_type": "sliding_attention",
                "num_attention_heads": sliding,
                "num_attention_groups": kv_heads,
                "head_dim": drawn["head_dim"],
            }
    return drawn


@st.composite
def _plans(draw: st.DrawFn) -> Config:
    layers, drafts = draw(st.integers(min_value=1, max_value=6)), draw(st.integers(min_value=0, max_value=2))
    listed = layers + draw(st.sampled_from([0, drafts]))
    optional: dict[str, st.SearchStrategy[Any]] = {"layer_types": per_layer(_KINDS, listed)}
    match draw(st.sampled_from(["types", "text", "list", "default"])):
        case "types":
            optional["mlp_layer_types"] = per_layer(_FEED_FORWARDS, listed)
        case "text":
            optional["moe_layers_enum"] = st.sampled_from(["", "0", "1,2,3", "0, 4"])
        case "list":
            optional["moe_layers_enum"] = st.sampled_from([[], [0], [1, 2, 3]])
    return {"num_hidden_layers": layers, "num_nextn_predict_layers": drafts} | draw(fields({}, optional))


_TEXT = merged(
    _heads(),
    _plans(),
    st.one_of(choices("moe_num_experts", "moe_top_k"), choices("n_routed_experts")),
    st.one_of(fields({"share_expert_dim": widths}), fields({"share_expert_dims": widths})),
    fields(
        {
            "intermediate_size": widths,
            "moe_intermediate_size": widths,
            "vocab_size": vocabularies,
            "sliding_window": st.just(32),
        },
        {"attention_bias": flags, "mlp_bias": flags, "gating": st.sampled_from([True, "per-head", "per-channel"])},
    ),
)


@st.composite
def _vision_towers(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2]))
    width, layers = draw(st.sampled_from([("hidden_size", "num_hidden_layers"), ("width", "layers")]))
    optional = {"mlp_ratio": st.sampled_from([2.0, 2.7]), "num_channels": st.sampled_from([1, 3])}
    return {
        width: heads * draw(st.sampled_from([8, 16])),
        draw(st.sampled_from(["num_attention_heads", "heads"])): heads,
        layers: draw(st.integers(min_value=1, max_value=3)),
        "image_size": draw(st.sampled_from([16, 18])),
        "patch_size": draw(st.sampled_from([2, 4])),
    } | draw(fields({}, optional))


BUILDS = {
    "step3p7": Builds(
        fields(
            {"text_config": _TEXT},
            {"vision_config": _vision_towers(), "projector_bias": flags, "tie_word_embeddings": flags},
        ),
        ComponentNames(router=r"\.mlp\.gate\.weight"),
        default=STATED_TEXT,
    )
}
