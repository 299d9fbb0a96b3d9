"""Step 5, built by vLLM: layers of two head shapes, with and without the indexer."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, Config, fields, flags, merged, per_layer, widths
from tests.architecture.model_builds.strategies.llama_shaped import READ_BY_ENGINE, dense, engine_builds

_KINDS = st.sampled_from(["full_attention", "sliding_attention"])
# The engine refuses any other value, and no count depends on them.
_REQUIRED: Config = {"need_fp32_gate": True, "use_moe_router_bias": True, "sliding_window": 32}


@st.composite
def _plans(draw: st.DrawFn) -> Config:
    layers, drafts = draw(st.integers(1, 5)), draw(st.integers(0, 2))
    drawn: Config = {
        "num_hidden_layers": layers,
        "layer_types": draw(per_layer(_KINDS, layers + drafts)),
        "num_nextn_predict_layers": drafts,
    }
    match draw(st.sampled_from(["text", "list", "absent"])):
        case "text":
            chosen = draw(st.sets(st.integers(0, layers - 1)))
            drawn["moe_layers_enum"] = ",".join(str(index) for index in sorted(chosen))
        case "list":
            drawn["moe_layer_list"] = sorted(draw(st.sets(st.integers(0, layers - 1))))
    return drawn


@st.composite
def _heads(draw: st.DrawFn) -> Config:
    groups = draw(st.sampled_from([1, 2]))
    # Each group of query heads has as many indexer heads, and the kernels take no other width or group.
    drawn: Config = {
        "hidden_size": draw(st.sampled_from([16, 32, 48])),
        "num_attention_heads": 8 * groups,
        "num_attention_groups": groups,
        "head_dim": draw(st.sampled_from([128, 192])),
        "sparse_config": {"enabled": False},
        "use_head_wise_attn_gate": True,
    }
    if draw(flags):
        drawn["sparse_config"] = draw(
            fields(
                {
                    "sparse_indexer_num_heads": st.just(2 * groups),
                    "num_provider_groups": st.just(groups),
                    "topk": st.just(16),
                },
                {"enabled": st.just(True), "proxy_dim": st.just(256)},
            )
        )
    else:
        drawn["use_head_wise_attn_gate"] = draw(flags)
    if draw(flags):
        drawn["attention_other_setting"] = {
            "attention_type": "sliding_attention",
            "num_attention_heads": groups * draw(st.sampled_from([2, 4])),
            "num_attention_groups": groups,
            "head_dim": draw(st.sampled_from([64, 128])),
        }
        if draw(flags):
            drawn["swa_num_attention_heads"] = groups * draw(st.sampled_from([3, 5]))
    return drawn


@st.composite
def _experts(draw: st.DrawFn) -> Config:
    count = draw(st.integers(2, 6))
    return {"moe_num_experts": count, "moe_top_k": draw(st.integers(1, count))}


_NAMES = ComponentNames(
    vision_tower=r"^vision_model\.|^vit_", router=r"\.moe\.gate\.", shared_experts=r"\.share_expert\."
)
_TEXT = merged(
    st.just({**READ_BY_ENGINE, **_REQUIRED}),
    dense(),
    _plans(),
    _heads(),
    _experts(),
    fields({"moe_intermediate_size": widths}, {"share_expert_dim": widths}),
)


@st.composite
def _vision(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2]))
    return {
        "width": heads * draw(st.sampled_from([8, 16])),
        "heads": heads,
        "layers": draw(st.integers(1, 3)),
        "mlp_ratio": draw(st.sampled_from([1.5, 2.0, 4.0])),
        "image_size": draw(st.sampled_from([28, 32])),
        "patch_size": draw(st.sampled_from([7, 14])),
        "hidden_act": "gelu",
    }


BUILDS = {
    "step5": engine_builds("Step5ForCausalLM", _TEXT, names=_NAMES),
    "step5_vl": Builds(
        fields(
            {
                "text_config": _TEXT.map(
                    lambda text: {**text, "model_type": "step5", "architectures": ["Step5ForCausalLM"]}
                ),
                "vision_config": _vision(),
                "tie_word_embeddings": st.just(False),
            },
            {"projector_bias": flags},
        ),
        _NAMES,
        class_names=("Step5ForConditionalGeneration",),
        default=None,
        library="vllm",
    ),
}
