"""Granite-MoE, with a shared expert, and with windows."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    layered,
    merged,
    vocabularies,
    widths,
)

_BASE = merged(
    head_shapes(),
    choices("num_local_experts"),
    fields(
        {"intermediate_size": widths, "vocab_size": vocabularies},
        {
            "tie_word_embeddings": flags,
            "attention_bias": flags,
            # None of them holds weights.
            "embedding_multiplier": st.just(12.0),
            "logits_scaling": st.just(8.0),
            # Null stands for as many as query heads, and one expert or none for no mixture.
            "num_key_value_heads": st.none(),
            "num_local_experts": st.sampled_from([0, 1]),
        },
    ),
)
_SHARED = fields({}, {"shared_intermediate_size": st.sampled_from([0, 8, 24])})
_LAYER_TYPES = st.sampled_from(["full_attention", "sliding_attention"])


def _chosen_among_one(config: Config) -> Config:
    """A single expert is the only choice."""
    return {**config, "num_experts_per_tok": 1} if config["num_local_experts"] < 2 else config


BUILDS = {
    "granitemoe": Builds(merged(layered({}), _BASE).map(_chosen_among_one)),
    "granitemoeshared": Builds(merged(layered({}), _BASE, _SHARED).map(_chosen_among_one)),
    "granitemoe_swa": Builds(
        merged(
            layered({"layer_types": _LAYER_TYPES}),
            _BASE,
            _SHARED,
            fields({}, {"sliding_window": st.sampled_from([16, 32])}),
        ).map(_chosen_among_one)
    ),
}
