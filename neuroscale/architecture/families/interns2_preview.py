"""Intern-S2 Preview: Qwen3.5 MoE with its tower; its encoder for time series is left out, as the engine does.

The configuration class came with the published weights; defined by InternS2PreviewForConditionalGeneration of vLLM
0.33.0.
"""

from dataclasses import replace

from neuroscale.architecture.families.qwen3_5 import QWEN3_5_MOE

INTERNS2_PREVIEW = replace(
    QWEN3_5_MOE,
    model_types=("interns2_preview",),
    class_names=("InternS2PreviewForConditionalGeneration",),
)

FAMILIES = (INTERNS2_PREVIEW,)
