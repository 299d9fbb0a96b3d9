"""Qwen4-Exp: residual streams, picked tokens, tables of n-grams whose sizes are primes."""

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
from tests.architecture.model_builds.strategies.qwen3_next import linear_shapes
from tests.architecture.model_builds.strategies.qwen3_vl import vision_towers

_NAMES = ComponentNames(input_embedding=r"\.ngram_embedding\.", router=r"\.mlp\.gate\.")
_INDEXER: Config = {
    "indexer_n_heads": 2,
    "indexer_kv_heads": 1,
    "indexer_head_dim": 16,
    "indexer_budget": 64,
    "indexer_compress_ratio": 4,
}


@st.composite
def _plans(draw: st.DrawFn) -> Config:
    """Draw layers; only linear ones look up n-grams."""
    layers = draw(st.integers(min_value=1, max_value=6))
    period = draw(st.integers(min_value=1, max_value=5))
    drawn: Config = {"num_hidden_layers": layers, "full_attention_interval": period}
    kinds = ["linear_attention" if (index + 1) % period else "indexed_attention" for index in range(layers)]
    if draw(flags):
        kinds = draw(
            per_layer(st.sampled_from(["linear_attention", "full_attention", "indexed_attention"]), layers)
        )
        drawn["layer_types"] = kinds
    linear = [index + 1 for index, kind in enumerate(kinds) if kind == "linear_attention"]
    looks_up = draw(flags)
    if linear and looks_up:
        drawn["ple_layer_ids"] = draw(st.lists(st.sampled_from(linear), max_size=2, unique=True))
    return drawn


@st.composite
def _tables(draw: st.DrawFn) -> Config:
    size = draw(st.sampled_from([2, 3]))
    heads = draw(st.sampled_from([1, 2, 4]))
    optional = {
        "ngram_vocab_size_base": st.sampled_from([2, 7, 8, 100, 121, 2048]),
        "make_ngram_vocab_size_divisible_by": st.sampled_from([1, 16, 128]),
        "ple_conv_kernel_size": st.sampled_from([2, 4]),
    }
    drawn: Config = {"ngram_size": size, "heads_per_ngram": heads}
    return (
        drawn | {"ple_embed_dim": (size - 1) * heads * draw(st.sampled_from([2, 4]))} | draw(fields({}, optional))
    )


_TEXT = merged(
    head_shapes(),
    linear_shapes(),
    _plans(),
    _tables(),
    choices("num_experts"),
    st.fixed_dictionaries(
        {
            "indexer_n_heads": st.sampled_from([1, 2]),
            "indexer_kv_heads": st.just(1),
            "indexer_head_dim": st.sampled_from([16, 24]),
            "indexer_budget": st.just(64),
            "indexer_compress_ratio": st.sampled_from([1, 4, 16]),
        }
    ),
    fields(
        {
            "head_dim": st.sampled_from([8, 16]),
            "moe_intermediate_size": widths,
            "shared_expert_intermediate_size": widths,
            "vocab_size": vocabularies,
            "eos_token_id": st.just(1),
        },
        {
            "hc_count": st.sampled_from([2, 3]),
            "hc_lowrank": st.sampled_from([4, 8]),
            "attention_bias": flags,
            "tie_word_embeddings": flags,
        },
    ),
)

BUILDS = {
    # The class has no default for its indexer.
    "qwen4_exp_text": Builds(_TEXT, _NAMES, default=_INDEXER | {"indexer_head_dim": 256}),
    "qwen4_exp": Builds(
        fields({"text_config": _TEXT}, {"vision_config": vision_towers(deep=False), "tie_word_embeddings": flags}),
        _NAMES,
        class_names=("Qwen4ExpForConditionalGeneration",),
        default={"text_config": _INDEXER | {"indexer_head_dim": 256}},
    ),
}
