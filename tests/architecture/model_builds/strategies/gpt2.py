"""GPT-2 and its kin, and what the strategies of other GPT-like decoders draw alike."""

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

positions = st.integers(min_value=8, max_value=64)
_PUBLISHED = ("n_embd", "n_head", "n_layer")
_RENAMED = ("hidden_size", "num_attention_heads", "num_hidden_layers")


@st.composite
def gpt_shapes(draw: st.DrawFn, names: tuple[str, str, str] = _PUBLISHED) -> Config:
    """Draw a hidden size, the heads that divide it, and layers, under the given names."""
    hidden, heads, layers = names
    count = draw(st.integers(min_value=1, max_value=6))
    return {hidden: count * draw(st.sampled_from([4, 8, 16])), heads: count, layers: draw(layer_counts)}


def gpt_decoders(
    shape: st.SearchStrategy[Config], optional: Mapping[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[Config]:
    """Draw decoders of a shape, with fields that may be left out beside those that all have."""
    return merged(shape, fields({}, {"vocab_size": vocabularies, "tie_word_embeddings": flags, **optional}))


published_shapes = gpt_shapes(_PUBLISHED)
either_shapes = st.one_of(published_shapes, gpt_shapes(_RENAMED))
inner_widths = st.one_of(st.none(), widths)
_GPT2 = gpt_decoders(either_shapes, {"n_inner": inner_widths, "n_positions": positions})

BUILDS = {
    "gpt2": Builds(_GPT2),
    "gpt-sw3": Builds(_GPT2),
    "gpt_bigcode": Builds(
        gpt_decoders(either_shapes, {"n_inner": inner_widths, "n_positions": positions, "multi_query": flags})
    ),
    "openai-gpt": Builds(gpt_decoders(either_shapes, {"n_positions": positions})),
}
