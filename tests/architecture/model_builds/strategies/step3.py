"""Step-3."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import choices, fields, merged, widths
from tests.architecture.model_builds.strategies.llama_shaped import dense, engine_builds

_NAMES = ComponentNames(shared_experts=r"share_expert")
_TYPE = engine_builds(
    "Step3TextForCausalLM",
    merged(dense(), choices("moe_num_experts", "moe_top_k")),
    fields(
        {
            "hidden_size": st.sampled_from([16, 32, 48]),
            "num_attention_heads": st.integers(1, 4),
            "head_dim": st.sampled_from([8, 16, 32]),
            "share_q_dim": st.sampled_from([None, 8, 24]),
            "moe_intermediate_size": widths,
            "share_expert_dim": widths,
            "moe_layers_enum": st.sampled_from([None, "0", "1,2", "0, 3", "2,3,4", "7"]),
            "tie_word_embeddings": st.just(False),
        }
    ),
    names=_NAMES,
)

BUILDS = {"step3_text": _TYPE}
