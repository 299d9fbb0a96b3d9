"""MiniCPM: dense, and with Mixtral's experts in every layer."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import choices
from tests.architecture.model_builds.strategies.llama_shaped import dense, derived_heads, engine_builds

_NAMES = ComponentNames(routed_experts=r"\.(ws|w2s)$")
_SCALES = {"scale_depth": 1.4, "scale_emb": 12, "dim_model_base": 16}

BUILDS = {
    "minicpm": engine_builds(
        "MiniCPMForCausalLM",
        st.just(_SCALES),
        derived_heads,
        dense(),
        st.one_of(st.just({}), choices("num_experts")),
        names=_NAMES,
    )
}
