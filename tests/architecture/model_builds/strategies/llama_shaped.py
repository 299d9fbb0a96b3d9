"""The types that are built like Llama and that vLLM builds: names, biases and norms are what differs."""

from typing import Any

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    fields,
    flags,
    head_shapes,
    layer_counts,
    merged,
    padded_vocabularies,
    widths,
)

# What vLLM's classes read without a default and no count depends on.
READ_BY_ENGINE: Config = {
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-6,
    "hidden_act": "silu",
    "rope_theta": 10000,
}
derived_heads = head_shapes(head_dimension=False)


def engine_builds(
    class_name: str, *parts: st.SearchStrategy[Config], needs_experts: bool = False, **further: Any
) -> Builds:
    """Return how a type is drawn that vLLM builds; without class defaults there is no default row."""
    strategy = merged(st.just(READ_BY_ENGINE), *parts)
    if needs_experts:
        strategy = strategy.map(with_an_expert_layer)
    return Builds(strategy, class_names=(class_name,), default=None, library="vllm", **further)


def dense(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Config]:
    """Draw the plain part of a dense decoder and some optional fields."""
    required = {
        "intermediate_size": widths,
        "num_hidden_layers": layer_counts,
        "vocab_size": padded_vocabularies,
        "tie_word_embeddings": flags,
    }
    return fields(required, optional)


def renamed(strategy: st.SearchStrategy[Config], **names: str) -> st.SearchStrategy[Config]:
    """Draw a configuration that spells some fields in another way."""
    return strategy.map(lambda config: {names.get(name, name): value for name, value in config.items()})


def with_an_expert_layer(config: Config) -> Config:
    """Add layers until one has experts: some classes are built with such a layer only."""
    dense_layers = config.get("first_k_dense_replace", 1)
    return {**config, "num_hidden_layers": max(config["num_hidden_layers"], dense_layers + 1)}


_telechat = engine_builds(
    "TeleChat2ForCausalLM",
    renamed(
        merged(derived_heads, dense(), st.just({"layer_norm_epsilon": 1e-6})),
        num_hidden_layers="n_layer",
        num_attention_heads="n_head",
        intermediate_size="ffn_hidden_size",
    ),
)

BUILDS = {
    "exaone": engine_builds(
        "ExaoneForCausalLM",
        renamed(
            merged(head_shapes(), dense(attention_bias=flags, bias=flags, mlp_bias=flags)),
            num_hidden_layers="num_layers",
        ),
        st.just({"activation_function": "silu", "layer_norm_epsilon": 1e-6}),
    ),
    "internlm2": engine_builds("InternLM2ForCausalLM", derived_heads, dense(), st.just({"bias": False})),
    "mimo": engine_builds(
        "MiMoForCausalLM",
        derived_heads,
        dense(num_nextn_predict_layers=st.integers(0, 2)),
        st.just({"attention_bias": True, "layer_norm_eps": 1e-6}),
    ),
    "orion": engine_builds("OrionForCausalLM", derived_heads, dense()),
    "solar": engine_builds(
        "SolarForCausalLM", head_shapes(), dense(attention_bias=flags, bias=flags, mlp_bias=flags)
    ),
    "telechat": _telechat,
    "telechat2": _telechat,
    "TeleFLM": engine_builds(
        "TeleFLMForCausalLM",
        head_shapes(),
        dense(attention_bias=flags, mlp_bias=flags),
        st.just({"use_mup": False}),
    ),
}
