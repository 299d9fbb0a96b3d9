"""Step 3 with its vision tower, built by vLLM."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, fields, flags, merged, widths
from tests.architecture.model_builds.parts import tower_heads
from tests.architecture.model_builds.strategies.step3 import BUILDS as STEP3

_TEXT = STEP3["step3_text"].strategy.map(
    lambda text: {
        **text,
        "model_type": "step3_text",
        "architectures": ["Step3TextForCausalLM"],
        "tie_word_embeddings": False,
    }
)
_VISION = merged(
    tower_heads(),
    fields(
        {
            "intermediate_size": widths,
            "output_hidden_size": widths,
            "num_hidden_layers": st.integers(1, 3),
            "image_size": st.sampled_from([28, 32]),
            "patch_size": st.sampled_from([7, 14]),
            # The engine has no kernel for the default on this platform.
            "hidden_act": st.just("gelu"),
        }
    ),
)

BUILDS = {
    "step3_vl": Builds(
        fields(
            {
                "text_config": _TEXT,
                "vision_config": _VISION,
                "understand_projector_stride": st.just(2),
                "tie_word_embeddings": st.just(False),
            },
            {"projector_bias": flags},
        ),
        ComponentNames(
            vision_tower=r"^vision_model\.|^vit_",
            router=STEP3["step3_text"].names.router,
            shared_experts=STEP3["step3_text"].names.shared_experts,
        ),
        class_names=("Step3VLForConditionalGeneration",),
        default=None,
        library="vllm",
    )
}
