"""Mistral Large 4: layers that share latent caches and picks, layers without a rotary part, Pixtral's tower."""

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
from tests.architecture.model_builds.strategies.mistral4 import latent_heads


@st.composite
def _cache_sources(draw: st.DrawFn, layers: int) -> list[int]:
    owners: list[int] = []
    sources = []
    for index in range(layers):
        if not owners or draw(flags):
            owners.append(index)
            sources.append(index)
        else:
            sources.append(draw(st.sampled_from(owners)))
    return sources


@st.composite
def _plans(draw: st.DrawFn) -> Config:
    layers = draw(st.integers(min_value=1, max_value=6))
    drawn: Config = {"num_hidden_layers": layers}
    match draw(st.sampled_from(["none", "types", "pattern", "period"])):
        case "types":
            drawn["indexer_types"] = ["full", *draw(per_layer(st.sampled_from(["full", "shared"]), layers - 1))]
        case "pattern":
            drawn["index_topk_pattern"] = "F" + "".join(draw(per_layer(st.sampled_from("FS"), layers - 1)))
        case "period":
            drawn["index_topk_freq"] = draw(st.integers(min_value=1, max_value=3))
            drawn["index_skip_topk_offset"] = draw(st.integers(min_value=1, max_value=3))
    optional = {
        "kv_source_layers": _cache_sources(layers),
        "mlp_layer_types": per_layer(st.sampled_from(["dense", "sparse"]), layers),
        "first_k_dense_replace": st.integers(min_value=0, max_value=3),
    }
    rotary: st.SearchStrategy[Config] = st.one_of(
        st.just({}),
        fields({"no_rope_layers": per_layer(st.sampled_from([0, 1]), layers)}),
        fields({"no_rope_layer_interval": st.integers(min_value=1, max_value=4)}),
    )
    return drawn | draw(fields({}, optional)) | draw(rotary)


_TEXT = merged(
    latent_heads(),
    _plans(),
    st.one_of(choices("n_routed_experts"), choices("num_experts")),
    fields(
        {
            "intermediate_size": widths,
            "moe_intermediate_size": widths,
            "vocab_size": vocabularies,
            "index_n_heads": st.sampled_from([1, 2]),
            "index_head_dim": st.sampled_from([8, 16]),
        },
        {"n_shared_experts": st.integers(min_value=1, max_value=3), "attention_bias": flags},
    ),
)


@st.composite
def _vision_towers(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2]))
    return {
        "hidden_size": heads * draw(st.sampled_from([8, 16])),
        "num_attention_heads": heads,
        "intermediate_size": draw(widths),
        "num_hidden_layers": draw(st.integers(min_value=1, max_value=3)),
        "image_size": 16,
        "patch_size": draw(st.sampled_from([2, 4])),
    }


BUILDS = {
    "mistral_large4": Builds(
        fields(
            {"text_config": _TEXT},
            {
                "vision_config": _vision_towers(),
                "spatial_merge_size": st.sampled_from([1, 2]),
                "multimodal_projector_bias": flags,
                "vision_feature_layer": st.sampled_from([-1, [-1], [-2, -1]]),
                "tie_word_embeddings": flags,
            },
        ),
        ComponentNames(router=r"\.mlp\.gate\."),
        default=STATED_TEXT,
    )
}
