"""VideoLLaMA 3: a SigLIP tower with rotary positions, two linear layers, and a language model of any family.

Defined by VideoLlama3Config and VideoLlama3ForConditionalGeneration of transformers.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.towers.siglip import VIDEO_LLAMA_3_VISION


def _projector(_root: Fields, text: Fields, tower: Fields) -> int:
    hidden = hidden_size(text)
    return projection(hidden_size(tower), hidden, bias=True) + projection(hidden, hidden, bias=True)


VIDEO_LLAMA_3 = Composite(
    model_types=("video_llama_3",),
    class_names=("VideoLlama3ForConditionalGeneration",),
    language_model="qwen2",
    vision=(AttachedTower(tower=VIDEO_LLAMA_3_VISION, projector=_projector),),
    root_defaults={"tie_word_embeddings": False},
    tying="root or text",
)

COMPOSITES = (VIDEO_LLAMA_3,)
