"""DeepSeek-VL: a SigLIP tower, in the larger models beside one of Segment Anything, and a language model.

The larger models pass an early global layer of the second tower through a neck of its own and two convolutions, and
project both towers to half the language model's width each. Defined by DeepseekVLConfig, DeepseekVLHybridConfig and
their ForConditionalGeneration classes of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.tower import width_of
from neuroscale.architecture.towers.sam import neck, output_channels

_KERNEL_AREA = 9


def _aligner(_root: Fields, text: Fields, tower: Fields) -> int:
    hidden = hidden_size(text)
    return projection(hidden_size(tower), hidden, bias=True) + projection(hidden, hidden, bias=True)


def _half_aligner(_root: Fields, text: Fields, tower: Fields) -> int:
    hidden = hidden_size(text)
    return projection(hidden_size(tower), hidden // 2, bias=True) + projection(hidden, hidden, bias=True)


def _high_resolution_path(_root: Fields, text: Fields, tower: Fields) -> int:
    channels = output_channels(tower)
    return (
        neck(width_of(tower), channels)
        + projection(_KERNEL_AREA * channels, 2 * channels)
        + projection(_KERNEL_AREA * 2 * channels, 4 * channels)
        + 1
        + projection(4 * channels, hidden_size(text) // 2, bias=True)
    )


DEEPSEEK_VL = Composite(
    model_types=("deepseek_vl",),
    class_names=("DeepseekVLForConditionalGeneration",),
    language_model="llama",
    vision=(AttachedTower(tower="siglip_vision_model", projector=_aligner),),
    root_defaults={"tie_word_embeddings": True},
    tying="root else text",
)
DEEPSEEK_VL_HYBRID = replace(
    DEEPSEEK_VL,
    model_types=("deepseek_vl_hybrid",),
    class_names=("DeepseekVLHybridForConditionalGeneration",),
    vision=(
        AttachedTower(tower="siglip_vision_model", projector=_half_aligner),
        AttachedTower(
            tower="sam_vision_model", tower_field="high_res_vision_config", projector=_high_resolution_path
        ),
    ),
)

COMPOSITES = (DEEPSEEK_VL, DEEPSEEK_VL_HYBRID)
