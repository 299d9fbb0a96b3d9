"""Qwen2-MoE: sparse steps, dense layers, a gated shared expert, windows in every second layer."""

from typing import Any

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    merged,
    per_layer,
    vocabularies,
    widths,
)

QWEN_MOE_NAMES = ComponentNames(router=r"\.mlp\.gate\.")


@st.composite
def sparse_layers(draw: st.DrawFn, experts: str = "num_experts", layer_types: tuple[str, ...] = ()) -> Config:
    """Draw layers, the step between those with experts, layers without any, and perhaps the kind of each.

    Args:
        draw: Given by hypothesis.
        experts: Field with the number of experts, which is zero now and then.
        layer_types: Kinds that `layer_types` may state; none when the class has no such list.
    """
    layers = draw(st.integers(min_value=1, max_value=6))
    drawn: Config = {"num_hidden_layers": layers}
    if draw(st.integers(min_value=0, max_value=7)) == 0:
        drawn |= {experts: 0, "num_experts_per_tok": 0}
    optional: dict[str, st.SearchStrategy[Any]] = {
        "decoder_sparse_step": st.integers(min_value=1, max_value=3),
        "mlp_only_layers": st.lists(st.integers(min_value=0, max_value=layers - 1), max_size=2, unique=True),
    }
    if layer_types:
        optional["layer_types"] = per_layer(st.sampled_from(layer_types), layers)
    return drawn | draw(fields({}, optional))


BUILDS = {
    "qwen2_moe": Builds(
        merged(
            head_shapes(),
            choices("num_experts"),
            sparse_layers(layer_types=("full_attention", "sliding_attention")),
            fields(
                {
                    "intermediate_size": widths,
                    "moe_intermediate_size": widths,
                    "shared_expert_intermediate_size": widths,
                    "vocab_size": vocabularies,
                },
                {
                    "tie_word_embeddings": flags,
                    "qkv_bias": flags,
                    "use_sliding_window": flags,
                    "sliding_window": st.sampled_from([None, 32]),
                    "max_window_layers": st.integers(min_value=0, max_value=6),
                },
            ),
        ),
        QWEN_MOE_NAMES,
    )
}
