"""LongCat-Flash, built by vLLM: transformers allocates weights for zero experts, which have none."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, Config, fields, layer_counts, merged, widths

# vLLM's experts for CPUs take only such widths.
_expert_widths = st.sampled_from([32, 64, 96])
_SMALL = {
    # vLLM stores whole rows of 64 tokens.
    "vocab_size": st.sampled_from([64, 128]),
    "hidden_size": _expert_widths,
    "num_layers": layer_counts,
    "ffn_hidden_size": widths,
    "expert_ffn_hidden_size": _expert_widths,
    "num_attention_heads": st.sampled_from([1, 2, 4]),
    "q_lora_rank": st.sampled_from([8, 12]),
    "kv_lora_rank": st.sampled_from([8, 20]),
    "qk_nope_head_dim": st.sampled_from([4, 6]),
    "qk_rope_head_dim": st.sampled_from([2, 4]),
    "v_head_dim": st.sampled_from([4, 10]),
}
_PUBLISHED = {
    "zero_expert_type": st.just("identity"),
    "mla_scale_q_lora": st.just(True),
    "mla_scale_kv_lora": st.just(True),
}


@st.composite
def _choices(draw: st.DrawFn) -> Config:
    experts = draw(st.integers(min_value=2, max_value=8))
    zero_experts = draw(st.integers(min_value=0, max_value=6))
    return {
        "n_routed_experts": experts,
        "zero_expert_num": zero_experts,
        "moe_topk": draw(st.integers(min_value=1, max_value=experts)),
    }


BUILDS = {
    "longcat_flash": Builds(
        merged(
            _choices(),
            fields({**_SMALL, **_PUBLISHED}, {"tie_word_embeddings": st.just(False)}),
        ),
        names=ComponentNames(router=r"\.router\.classifier\."),
        class_names=("LongcatFlashForCausalLM",),
        # vLLM asks for these, which every published file states and no count depends on.
        default={"zero_expert_type": "identity", "mla_scale_q_lora": True, "mla_scale_kv_lora": True},
        library="vllm",
    )
}
