"""MiniCPM-V 4.6 and 4.7, and MiniCPM-OCR: a tower with a merger inside, mergers behind it, and a language model.

Each merger joins four patches; only the last one leaves the tower's width. Defined by MiniCPMV4_6Config,
MiniCPMV4_7Config, MiniCPMOcrConfig and their ForConditionalGeneration classes of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.tower import layer_norm
from neuroscale.architecture.towers.minicpmv import MINICPMV_VISION

_MERGED_PATCHES = 4


def _merger(width: int, output: int) -> int:
    merged = _MERGED_PATCHES * width
    return layer_norm(merged) + projection(merged, merged, bias=True) + projection(merged, output, bias=True)


def _projector(root: Fields, text: Fields, tower: Fields) -> int:
    width = hidden_size(tower)
    times = root.integer("merger_times", maximum=MAXIMUM_LAYERS)
    return (times - 1) * _merger(width, width) + _merger(width, hidden_size(text))


MINICPMV = Composite(
    model_types=("minicpmv4_6", "minicpmv4_7"),
    class_names=("MiniCPMV4_6ForConditionalGeneration", "MiniCPMV4_7ForConditionalGeneration"),
    language_model="qwen3_5_text",
    vision=(AttachedTower(tower=MINICPMV_VISION, projector=_projector),),
    root_defaults={"merger_times": 1, "tie_word_embeddings": False},
)
MINICPM_OCR = replace(
    MINICPMV,
    model_types=("minicpm_ocr",),
    class_names=("MiniCPMOcrForConditionalGeneration",),
    root_defaults={**MINICPMV.root_defaults, "tie_word_embeddings": True},
    tying="root else text",
)

COMPOSITES = (MINICPMV, MINICPM_OCR)
