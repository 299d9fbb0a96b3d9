"""GOT-OCR 2."""

from tests.architecture.model_builds.drawing import Builds, fields, flags
from tests.architecture.model_builds.parts import text_models, vision_tower

# As for Mistral 3, the root's tie_word_embeddings is always stated; without text_config both say the same.
BUILDS = {
    "got_ocr2": Builds(
        fields(
            {
                "text_config": text_models("qwen2", "llama"),
                "vision_config": vision_tower("got_ocr2_vision", stated=False),
                "tie_word_embeddings": flags,
            }
        )
    )
}
