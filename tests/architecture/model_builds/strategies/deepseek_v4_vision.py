"""DeepSeek-V4 with a vision tower, built by vLLM."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    merged,
    padded_vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.deepseek_v41 import READ, heads


@st.composite
def _vision(draw: st.DrawFn) -> Config:
    vision_heads = draw(st.sampled_from([1, 2]))
    return {
        "vision_n_layers": draw(st.integers(1, 3)),
        "vision_dim": vision_heads * draw(st.sampled_from([8, 16])),
        "vision_n_heads": vision_heads,
        "vision_inter_dim": draw(widths),
        "vision_patch_size": draw(st.sampled_from([4, 14])),
        "vision_downsample_ratio": draw(st.sampled_from([1, 2, 3])),
        "vision_rope_theta": 10000.0,
    }


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(st.integers(1, 4))
    ratios = draw(st.lists(st.sampled_from([0, 4, 128]), min_size=layers, max_size=layers))
    return {"num_hidden_layers": layers, "compress_ratios": ratios, "num_hash_layers": 0}


BUILDS = {
    "deepseek_v4_vision": Builds(
        merged(
            st.just({**READ, "model_type": "deepseek_v4", "tie_word_embeddings": False}),
            heads(),
            _layers(),
            choices("n_routed_experts"),
            fields(
                {
                    "vocab_size": padded_vocabularies,
                    "moe_intermediate_size": widths,
                    "hc_mult": st.integers(1, 4),
                    "n_shared_experts": st.just(1),
                }
            ),
            _vision(),
        ),
        ComponentNames(
            vision_tower=r"^vision\.|^aligner\.|^image_",
            router=r"\.ffn\.gate\.weight$",
            routed_experts=r"\.ffn\.experts\.",
        ),
        class_names=("DeepseekV4ForConditionalGeneration",),
        default=None,
        library="vllm",
    )
}
