"""GOT-OCR 2 and PP-Chart2Table: the image encoder of Segment Anything, convolutions, and a language model.

Defined by GotOcr2Config and GotOcr2ForConditionalGeneration of transformers.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.towers.sam import GOT_OCR2_VISION, output_channels

_KERNEL_AREA = 9


def _projector(_root: Fields, text: Fields, tower: Fields) -> int:
    channels, hidden = output_channels(tower), hidden_size(text)
    return (
        projection(_KERNEL_AREA * channels, 2 * channels)
        + projection(_KERNEL_AREA * 2 * channels, hidden)
        + projection(hidden, hidden, bias=True)
    )


GOT_OCR2 = Composite(
    model_types=("got_ocr2", "pp_chart2table"),
    class_names=("GotOcr2ForConditionalGeneration",),
    language_model="qwen2",
    text_when_absent={
        "vocab_size": 151860,
        "hidden_size": 1024,
        "intermediate_size": 2816,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "num_key_value_heads": 16,
        "max_position_embeddings": 32768,
        "tie_word_embeddings": True,
        "max_window_layers": 21,
    },
    vision=(AttachedTower(tower=GOT_OCR2_VISION, projector=_projector),),
    root_defaults={"tie_word_embeddings": True},
    tying="root else text",
)

COMPOSITES = (GOT_OCR2,)
