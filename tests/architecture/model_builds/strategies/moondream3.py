"""Moondream 3, built by vLLM."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, Config, choices, fields, merged, widths


@st.composite
def _heads(draw: st.DrawFn) -> Config:
    kv_heads = draw(st.sampled_from([1, 2]))
    heads = kv_heads * draw(st.sampled_from([1, 2]))
    return {"dim": heads * draw(st.sampled_from([32, 64])), "n_heads": heads, "n_kv_heads": kv_heads}


_EXPERTS = merged(
    choices("n_experts", "n_experts_per_tok"),
    fields({"expert_inner_dim": widths, "start_layer": st.integers(0, 3)}),
)
_TEXT = merged(
    _heads(),
    fields(
        {
            "ff_dim": widths,
            "n_layers": st.integers(1, 5),
            "vocab_size": st.sampled_from([64, 128]),
            "moe": _EXPERTS,
        },
        {"max_context": st.sampled_from([64, 128])},
    ),
)


@st.composite
def _vision(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2]))
    return {
        "enc_dim": heads * draw(st.sampled_from([8, 16])),
        "enc_n_heads": heads,
        "enc_n_layers": draw(st.integers(1, 3)),
        "enc_ff_dim": draw(widths),
        "enc_patch_size": draw(st.sampled_from([7, 14])),
        "crop_size": draw(st.sampled_from([28, 42])),
        "proj_inner_dim": draw(widths),
    }


BUILDS = {
    "moondream3": Builds(
        fields({"config": fields({"text": _TEXT, "vision": _vision()}), "tie_word_embeddings": st.just(False)}),
        ComponentNames(vision_tower=r"^vision", router=r"\.mlp\.gate\.", routed_experts=r"\.fc[12]_weight$"),
        class_names=("Moondream3ForCausalLM",),
        default={"config": {"text": {"n_layers": 5}}},
        library="vllm",
    )
}
