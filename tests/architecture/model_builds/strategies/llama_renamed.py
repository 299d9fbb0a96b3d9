"""TeleChat 3 and IQuest Loop Coder, built by vLLM."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import fields, flags, head_shapes
from tests.architecture.model_builds.strategies.llama_shaped import dense, engine_builds

BUILDS = {
    "telechat3": engine_builds("TeleChat3ForCausalLM", head_shapes(), dense(attention_bias=flags, mlp_bias=flags)),
    "iquestloopcoder": engine_builds(
        "IQuestLoopCoderForCausalLM",
        head_shapes(),
        dense(),
        fields(
            {
                "attention_bias": st.just(False),
                "mlp_bias": st.just(False),
                "loop_num": st.just(2),
                "loop_window_size": st.just(16),
            }
        ),
    ),
}
