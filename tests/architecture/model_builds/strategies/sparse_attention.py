"""DeepSeek-V3.2 and GLM-5."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    layer_counts,
    merged,
    per_layer,
    vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.deepseek import latent_shapes, shared_experts

indexers = fields({}, {"index_n_heads": st.sampled_from([1, 2, 4]), "index_head_dim": st.sampled_from([8, 16, 32])})


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(layer_counts)
    drawn: Config = {"num_hidden_layers": layers}
    if draw(flags):
        drawn["mlp_layer_types"] = draw(per_layer(st.sampled_from(["dense", "sparse"]), layers))
    elif draw(flags):
        drawn["first_k_dense_replace"] = draw(st.integers(0, layers))
    return drawn


@st.composite
def _partly_indexed_layers(draw: st.DrawFn) -> Config:
    drawn = draw(_layers())
    layers = drawn["num_hidden_layers"]
    # The first layer has nothing to share.
    match draw(st.sampled_from(["types", "pattern", "list", "frequency", "default"])):
        case "types":
            drawn["indexer_types"] = ["full", *draw(per_layer(st.sampled_from(["full", "shared"]), layers - 1))]
        case "pattern":
            drawn["index_topk_pattern"] = "F" + "".join(draw(per_layer(st.sampled_from("FS"), layers - 1)))
        case "list":
            drawn["index_topk_pattern"] = [
                "full",
                *draw(per_layer(st.sampled_from(["full", "shared"]), layers - 1)),
            ]
        case "frequency":
            drawn["index_topk_freq"] = draw(st.integers(0, 3))
            if draw(flags):
                drawn["index_skip_topk_offset"] = draw(st.integers(0, 3))
    return drawn


_REST = merged(
    latent_shapes(),
    choices("n_routed_experts"),
    indexers,
    fields(
        {"vocab_size": vocabularies, "intermediate_size": widths, "moe_intermediate_size": widths},
        {
            "n_shared_experts": shared_experts,
            "tie_word_embeddings": flags,
            "attention_bias": flags,
            "mlp_bias": flags,
        },
    ),
)

BUILDS = {
    "deepseek_v32": Builds(merged(_REST, _layers())),
    "glm_moe_dsa": Builds(merged(_REST, _partly_indexed_layers())),
}
