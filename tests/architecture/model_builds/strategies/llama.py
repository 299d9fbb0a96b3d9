"""Llama, its namesakes, and what the strategies of other dense decoders draw alike."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    fields,
    flags,
    layer_counts,
    merged,
    vocabularies,
    widths,
)

STATED, NULL, ABSENT = "stated", "null", "absent"
layer_types = st.sampled_from(["full_attention", "sliding_attention"])
windows = st.sampled_from([16, 32])


@st.composite
def shapes(
    draw: st.DrawFn,
    *,
    head_width: tuple[str, ...] = (STATED, NULL, ABSENT),
    kv: tuple[str, ...] = (STATED, NULL, ABSENT),
    kv_heads_of_class: int = 1,
    even_kv_heads: bool = False,
) -> Config:
    """Draw heads, widths and which of them are written down.

    Args:
        draw: Given by hypothesis.
        head_width: How `head_dim` may appear.
        kv: How `num_key_value_heads` may appear.
        kv_heads_of_class: What the class takes for absent key/value heads, which the query heads are multiples of.
        even_kv_heads: Whether the class refuses an odd number of key/value heads.
    """
    kv_heads = draw(st.sampled_from([2, 4] if even_kv_heads else [1, 2, 4]))
    kv_appears, width_appears = draw(st.sampled_from(kv)), draw(st.sampled_from(head_width))
    heads = draw(st.sampled_from([1, 2, 3])) * (kv_heads_of_class if kv_appears == ABSENT else kv_heads)
    if even_kv_heads:
        heads += heads % 2
    drawn: Config = {"hidden_size": heads * draw(st.sampled_from([4, 8, 16])), "num_attention_heads": heads}
    if kv_appears != ABSENT:
        drawn["num_key_value_heads"] = kv_heads if kv_appears == STATED else None
    if width_appears != ABSENT:
        drawn["head_dim"] = draw(st.sampled_from([4, 8, 16])) if width_appears == STATED else None
    return drawn


def decoders(
    heads: st.SearchStrategy[Config],
    *parts: st.SearchStrategy[Config],
    optional: Mapping[str, st.SearchStrategy[Any]] | None = None,
) -> st.SearchStrategy[Config]:
    """Draw decoders in the field names of Llama, their keys in any order.

    Args:
        heads: Heads and widths.
        parts: Further parts of the configuration, which win.
        optional: Fields that may be left out, beside those that every decoder has.
    """
    common = fields(
        {"num_hidden_layers": layer_counts},
        {
            "intermediate_size": widths,
            "vocab_size": vocabularies,
            "tie_word_embeddings": flags,
            **(optional or {}),
        },
    )
    return merged(heads, common, *parts).flatmap(
        lambda config: st.permutations(list(config.items())).map(dict[str, Any])
    )


BIASES = {"attention_bias": flags, "mlp_bias": flags}
_EQUAL_BIASES = st.builds(
    dict.fromkeys, st.sampled_from([("qkv_bias", "bias"), ("attention_bias", "mlp_bias"), ()]), flags
)

BUILDS = {
    "llama": Builds(decoders(shapes(), optional=BIASES)),
    "iquestcoder": Builds(decoders(shapes(kv_heads_of_class=8), optional=BIASES)),
    "internlm3": Builds(decoders(shapes(kv_heads_of_class=2), _EQUAL_BIASES)),
}
