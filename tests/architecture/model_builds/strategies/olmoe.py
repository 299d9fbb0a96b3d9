"""OLMoE: multi-head attention unless key/value heads are stated; norms over whole queries and keys."""

from hypothesis import strategies as st

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


def _without_kv_heads(config: Config) -> Config:
    return {name: value for name, value in config.items() if name != "num_key_value_heads"}


_heads = st.one_of(head_shapes(), head_shapes(head_dimension=False).map(_without_kv_heads))

BUILDS = {
    "olmoe": Builds(
        merged(
            _heads,
            st.one_of(choices("num_experts"), choices("num_local_experts")),
            fields(
                {"intermediate_size": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies},
                {"tie_word_embeddings": flags, "attention_bias": flags},
            ),
        )
    )
}
