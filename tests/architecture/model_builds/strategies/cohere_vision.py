"""Aya Vision and Command A Vision."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, fields, flags, widths
from tests.architecture.model_builds.parts import text_models, vision_towers


def _drawn(optional: Mapping[str, st.SearchStrategy[Any]], default: Mapping[str, Any] | None) -> Builds:
    return Builds(
        fields(
            {
                "text_config": text_models("cohere2", "llama"),
                "vision_config": vision_towers("siglip_vision_model", "clip_vision_model"),
                "tie_word_embeddings": flags,
            },
            {"downsample_factor": st.sampled_from([1, 2]), **optional},
        ),
        default=default,
    )


# The tower of Aya Vision cannot be built at its defaults: 14 heads do not divide its width of 1152.
BUILDS = {
    "aya_vision": _drawn({"alignment_intermediate_size": widths}, None),
    "cohere2_vision": _drawn({"alignment_intermediate_size": widths}, {}),
}
