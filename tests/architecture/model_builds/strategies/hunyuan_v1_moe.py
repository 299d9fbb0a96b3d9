"""Hunyuan-A13B; the class takes lists of choices per layer, but only one number of experts for all layers."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    layer_counts,
    merged,
    per_layer,
    vocabularies,
    widths,
)


@st.composite
def _listed_choices(draw: st.DrawFn) -> Config:
    config = draw(
        merged(
            choices("num_experts", "moe_topk"),
            fields({"num_hidden_layers": layer_counts}, {"num_experts": st.just(1)}),
        )
    )
    if config["num_experts"] == 1:
        config["moe_topk"] = 1
    if draw(flags):
        layers = config["num_hidden_layers"]
        counts = st.integers(min_value=1, max_value=config["num_experts"])
        config["moe_topk"] = draw(per_layer(counts, layers))
        config["num_shared_expert"] = [1] * layers
    return config


BUILDS = {
    "hunyuan_v1_moe": Builds(
        merged(
            head_shapes(),
            _listed_choices(),
            fields(
                {
                    "head_dim": st.sampled_from([4, 8]),
                    "intermediate_size": widths,
                    "vocab_size": vocabularies,
                },
                {
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "num_shared_expert": st.just(1),
                },
            ),
        ),
        names=ComponentNames(router=r"\.gate\.wg\."),
        # The class cannot be built with its own default, a head width of null.
        default={"head_dim": 128},
    )
}
