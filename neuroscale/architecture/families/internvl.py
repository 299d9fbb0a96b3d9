"""InternVL in the form of transformers: an InternViT tower, a projector of merged patches, and a language model.

Qianfan-OCR and Intern-S1 are built alike. Defined by InternVLConfig, QianfanOCRConfig and their
ForConditionalGeneration classes of transformers, Intern-S1 by InternS1ForConditionalGeneration of vLLM 0.33.0. The
published files of InternVL for the authors' own code have another `model_type` (internvl_chat).
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.tower import layer_norm
from neuroscale.architecture.towers.internvl import INTERNVL_VISION, QIANFAN_OCR_VISION
from neuroscale.errors import InvalidInputError

_LEAST_RATIO = 2.0**-8


def _projector(root: Fields, text: Fields, tower: Fields) -> int:
    ratio = root.optional_number("downsample_ratio", minimum=_LEAST_RATIO, maximum=1.0)
    if ratio is None:
        raise InvalidInputError("a number is needed, but the field is null", field=root.path("downsample_ratio"))
    merged, hidden = hidden_size(tower) * int(1 / ratio) ** 2, hidden_size(text)
    return layer_norm(merged) + projection(merged, hidden, bias=True) + projection(hidden, hidden, bias=True)


INTERNVL = Composite(
    model_types=("internvl",),
    class_names=("InternVLForConditionalGeneration",),
    language_model="qwen2",
    vision=(AttachedTower(tower=INTERNVL_VISION, projector=_projector),),
    root_defaults={"downsample_ratio": 0.5, "tie_word_embeddings": True},
    tying="root else text",
)
QIANFAN_OCR = Composite(
    model_types=("qianfan_ocr",),
    class_names=("QianfanOCRForConditionalGeneration",),
    language_model="qwen3",
    vision=(AttachedTower(tower=QIANFAN_OCR_VISION, projector=_projector),),
    root_defaults={"downsample_ratio": 0.5, "tie_word_embeddings": False},
)
INTERNS1 = Composite(
    model_types=("interns1",),
    class_names=("InternS1ForConditionalGeneration",),
    language_model="qwen3_moe",
    vision=(AttachedTower(tower=INTERNVL_VISION, projector=_projector),),
    root_defaults={"downsample_ratio": 0.5, "tie_word_embeddings": False},
    tying="root else text",
)

COMPOSITES = (INTERNVL, QIANFAN_OCR, INTERNS1)
