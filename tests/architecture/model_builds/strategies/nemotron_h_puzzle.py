"""Nemotron-H found by architecture search, built by vLLM: every layer with fields of its own."""

from typing import Any

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    merged,
    padded_vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.llama_shaped import engine_builds
from tests.architecture.model_builds.strategies.nemotron_h import NAMES

_LETTERS = {"mamba": "M", "moe": "E", "attention": "*", "mlp": "-"}
# What the engine reads without a default and no count depends on.
_READ: Config = {
    "layer_norm_epsilon": 1e-5,
    "mlp_hidden_act": "relu2",
    "mamba_hidden_act": "silu",
    "chunk_size": 128,
    "n_shared_experts": 1,
    "norm_topk_prob": True,
    "routed_scaling_factor": 1.0,
    "n_group": 1,
    "topk_group": 1,
    "attention_bias": False,
    "mamba_ssm_cache_dtype": "float32",
    "moe_shared_expert_overlap": True,
}
_EXPERTS: dict[str, st.SearchStrategy[Any]] = {
    "block_type": st.just("moe"),
    "moe_intermediate_size": widths,
    "moe_shared_expert_intermediate_size": widths,
    "moe_latent_size": st.sampled_from([None, 16, 32]),
}
_BLOCKS = st.one_of(
    st.just({"block_type": "mamba"}),
    st.just({"block_type": "attention"}),
    fields({"block_type": st.just("mlp"), "intermediate_size": widths}),
    merged(choices("n_routed_experts"), fields(_EXPERTS)),
)


@st.composite
def _searched(draw: st.DrawFn) -> Config:
    blocks = draw(st.lists(_BLOCKS, min_size=1, max_size=7))
    groups = draw(st.sampled_from([1, 2]))
    return {
        "num_hidden_layers": len(blocks),
        "block_configs": blocks,
        "hybrid_override_pattern": "".join(_LETTERS[block["block_type"]] for block in blocks),
        "layers_block_type": [block["block_type"] for block in blocks],
        "n_groups": groups,
        "mamba_num_heads": groups * draw(st.sampled_from([1, 2])),
        "mamba_head_dim": draw(st.sampled_from([8, 16])),
        "ssm_state_size": draw(st.sampled_from([8, 16])),
        "conv_kernel": draw(st.sampled_from([2, 4])),
    }


BUILDS = {
    "nemotron_h_puzzle": engine_builds(
        "NemotronHPuzzleForCausalLM",
        st.just(_READ),
        head_shapes(),
        _searched(),
        fields(
            {
                "vocab_size": padded_vocabularies,
                "head_dim": st.sampled_from([8, 16]),
                "intermediate_size": widths,
                "use_conv_bias": flags,
                "use_bias": flags,
                # With a bias the engine builds other shared experts than the published class.
                "mlp_bias": st.just(False),
                "tie_word_embeddings": st.just(False),
            }
        ),
        names=NAMES,
    )
}
