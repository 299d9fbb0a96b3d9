"""Aria: routed and shared experts of one width, and a tower with a projector of learned queries."""

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
    vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.gemma4 import STATED_TEXT

_NAMES = ComponentNames(router=r"\.router\.")


def _without_kv_heads(config: Config) -> Config:
    return {name: value for name, value in config.items() if name != "num_key_value_heads"}


_TEXT = merged(
    st.one_of(head_shapes(), head_shapes().map(_without_kv_heads)),
    choices("moe_num_experts", "moe_topk"),
    fields(
        {"intermediate_size": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies},
        {
            "moe_num_shared_experts": st.integers(min_value=1, max_value=3),
            "attention_bias": flags,
            "mlp_bias": flags,
            "tie_word_embeddings": flags,
        },
    ),
)


@st.composite
def _vision_towers(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2]))
    sizes: Config = {
        "hidden_size": heads * draw(st.sampled_from([8, 16])),
        "num_attention_heads": heads,
        "intermediate_size": draw(widths),
        "image_size": draw(st.sampled_from([16, 28])),
        "patch_size": draw(st.sampled_from([4, 5])),
    }
    optional = {"num_hidden_layers": st.integers(min_value=1, max_value=3), "num_channels": st.sampled_from([1, 3])}
    return sizes | draw(fields({}, {**optional, "model_type": st.just("idefics3_vision")}))


_QUERIES = st.sampled_from([None, {"16": 4}, {"16": 4, "49": 12}, {"16": 40, "49": 12}])

BUILDS = {
    "aria_text": Builds(_TEXT, _NAMES),
    "aria": Builds(
        fields(
            {"text_config": _TEXT},
            {
                "vision_config": _vision_towers(),
                "projector_patch_to_query_dict": _QUERIES,
                "tie_word_embeddings": flags,
            },
        ),
        _NAMES,
        default=STATED_TEXT,
    ),
}
