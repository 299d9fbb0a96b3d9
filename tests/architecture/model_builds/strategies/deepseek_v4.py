"""DeepSeek-V4."""

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
from tests.architecture.model_builds.strategies.sparse_attention import indexers

_TYPES = ["sliding_attention", "compressed_sparse_attention", "heavily_compressed_attention"]


@st.composite
def _heads(draw: st.DrawFn) -> Config:
    groups = draw(st.sampled_from([1, 2, 4]))
    return {
        "hidden_size": draw(st.sampled_from([16, 32, 48])),
        "num_attention_heads": groups * draw(st.sampled_from([1, 2])),
        "num_key_value_heads": 1,
        "head_dim": draw(st.sampled_from([16, 32])),
        "qk_rope_head_dim": draw(st.sampled_from([4, 8])),
        "q_lora_rank": draw(widths),
        "o_groups": groups,
        "o_lora_rank": draw(widths),
    }


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(st.integers(1, 8))
    drawn: Config = {"num_hidden_layers": layers}
    match draw(st.sampled_from(["ratios", "types", "default"])):
        case "ratios":
            # One entry more, that of a layer that drafts tokens, is not built.
            drawn["compress_ratios"] = [*draw(per_layer(st.sampled_from([0, 4, 128]), layers)), 0]
            drawn["num_hash_layers"] = draw(st.integers(0, layers))
        case "types":
            drawn["layer_types"] = draw(per_layer(st.sampled_from(_TYPES), layers))
            drawn["mlp_layer_types"] = draw(per_layer(st.sampled_from(["hash_moe", "moe"]), layers))
    match draw(st.sampled_from(["rates", "legacy", "default"])):
        case "rates":
            drawn["compress_rates"] = {
                "compressed_sparse_attention": draw(st.sampled_from([2, 4])),
                "heavily_compressed_attention": draw(st.sampled_from([8, 16])),
            }
        case "legacy":
            drawn["compress_rate_csa"] = draw(st.sampled_from([2, 4]))
            drawn["compress_rate_hca"] = draw(st.sampled_from([8, 16]))
    return drawn


BUILDS = {
    "deepseek_v4": Builds(
        merged(
            _heads(),
            _layers(),
            choices("n_routed_experts"),
            indexers,
            fields(
                {"vocab_size": vocabularies, "moe_intermediate_size": widths},
                {
                    "hc_mult": st.integers(1, 4),
                    "n_shared_experts": st.just(1),
                    "tie_word_embeddings": flags,
                    "mlp_bias": flags,
                },
            ),
        ),
        ComponentNames(router=r"\.mlp\.gate\."),
    )
}
