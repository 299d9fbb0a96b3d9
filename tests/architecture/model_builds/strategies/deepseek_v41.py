"""DeepSeek-V4.1, built by vLLM."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    merged,
    padded_vocabularies,
    widths,
)

# What the class reads and no count depends on.
READ = {
    "hidden_act": "silu",
    "swiglu_limit": 10.0,
    "norm_topk_prob": True,
    "topk_method": "noaux_tc",
    "rms_norm_eps": 1e-6,
    "hc_sinkhorn_iters": 20,
    "hc_eps": 1e-6,
    "index_topk": 64,
    "max_position_embeddings": 4096,
    "sliding_window": 128,
    # The compressor takes no other widths.
    "head_dim": 512,
    "qk_rope_head_dim": 64,
    "rope_theta": 10000.0,
    "compress_rope_theta": 160000.0,
    "rope_scaling": {
        "type": "yarn",
        "factor": 16,
        "original_max_position_embeddings": 256,
        "beta_fast": 32,
        "beta_slow": 1,
    },
    "engram_compressed_vocab_size": 64,
    "engram_pad_token_id": 2,
}


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(st.sampled_from([1, 2, 4, 5]))
    first = draw(st.integers(0, (layers - 1) // 2))
    ratios = [0] * first + [draw(st.sampled_from([1, 2]))]
    ratios += draw(st.lists(st.sampled_from([0, 1, 2]), min_size=layers - first - 1, max_size=layers - first))
    ratios = ratios[: layers + 1]
    compressed = [layer for layer in range(first + 1, layers) if layer < len(ratios) and ratios[layer]]
    chosen = st.sets(st.sampled_from(compressed)) if compressed else st.just(set())
    return {
        "num_hidden_layers": layers,
        "compress_ratios": ratios,
        "kv_source_layer_ids": sorted([first, *draw(chosen)]),
        "index_source_layer_ids": sorted([first, *draw(chosen)]),
    }


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))


@st.composite
def _tables(draw: st.DrawFn, layers: int) -> Config:
    """Draw tables as large as the primes that the class splits them by, which the checkpoint may round up."""
    indices = sorted(
        draw(st.lists(st.integers(0, layers - 1), unique=True, min_size=draw(st.integers(0, 1)), max_size=2))
    )
    longest, heads = draw(st.integers(2, 4)), draw(st.sampled_from([1, 2, 4]))
    # The class does not take 61 for a prime.
    size = draw(st.sampled_from([62, 100, 128]))
    seen: set[int] = set()
    rows = []
    for _ in indices:
        taken = []
        for _ in range(longest - 1):
            candidate = size - 1
            for _ in range(heads):
                candidate += 1
                while not _is_prime(candidate) or candidate in seen:
                    candidate += 1
                seen.add(candidate)
                taken.append(candidate)
        rows.append(sum(taken))
    return {
        "engram_layer_ids": indices,
        "engram_num_embeddings": rows,
        "engram_max_ngram_size": longest,
        "engram_n_heads": heads,
        "engram_head_dim": draw(st.sampled_from([32, 64])),
        "engram_vocab_size": size,
    }


@st.composite
def heads(draw: st.DrawFn) -> Config:
    """Draw latent attention with a grouped output, and its indexer."""
    groups = draw(st.sampled_from([1, 2]))
    return {
        "hidden_size": draw(st.sampled_from([16, 32, 48])),
        "num_attention_heads": groups * draw(st.sampled_from([1, 2])),
        "num_key_value_heads": 1,
        "q_lora_rank": draw(widths),
        "o_groups": groups,
        "o_lora_rank": draw(widths),
        "index_n_heads": draw(st.sampled_from([1, 2, 4])),
        "index_head_dim": 128,
    }


@st.composite
def _vision(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2]))
    return {
        "num_hidden_layers": draw(st.integers(0, 3)),
        "hidden_size": heads * draw(st.sampled_from([8, 16])),
        "num_attention_heads": heads,
        "intermediate_size": draw(widths),
        "patch_size": draw(st.sampled_from([4, 14])),
        "downsample_ratio": draw(st.sampled_from([1, 2, 3])),
    }


@st.composite
def _with_tables(draw: st.DrawFn, text: Config) -> Config:
    return {**text, **draw(_tables(text["num_hidden_layers"]))}


_TEXT = merged(
    st.just(READ),
    heads(),
    _layers(),
    choices("n_routed_experts"),
    fields(
        {
            "vocab_size": padded_vocabularies,
            "moe_intermediate_size": widths,
            "hc_mult": st.integers(1, 4),
            "n_shared_experts": st.integers(1, 2),
        }
    ),
).flatmap(_with_tables)

BUILDS = {
    "deepseek_v41": Builds(
        st.one_of(
            fields({"text_config": _TEXT, "tie_word_embeddings": st.just(False), "vision_config": _vision()}),
            fields({"text_config": _TEXT, "tie_word_embeddings": st.just(False)}),
        ),
        ComponentNames(
            vision_tower=r"^vision\.|^aligner\.|^image_",
            input_embedding=r"engram\.embed_tokens\.weight$",
            router=r"\.ffn\.gate\.weight$",
            routed_experts=r"\.ffn\.experts\.",
        ),
        class_names=("DeepseekV41ForCausalLM",),
        default=None,
        library="vllm",
    )
}
