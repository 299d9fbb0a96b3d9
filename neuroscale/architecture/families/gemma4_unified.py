"""Gemma 4 unified: the language model of Gemma 4 without experts and without an embedding per layer, and no towers.

Images and sounds enter through a projection of their patches or samples with a few norms; the configuration calls
these towers, and so do the counts. Defined by Gemma4UnifiedTextConfig, Gemma4UnifiedVisionConfig,
Gemma4UnifiedAudioConfig and their model classes of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.decoder import Family, UncountableError
from neuroscale.architecture.families.gemma4 import gemma4_attention, gemma4_dense, gemma4_layers
from neuroscale.architecture.fields import MAXIMUM_TOKENS, MAXIMUM_WIDTH, Fields

_VISION_DEFAULTS = {
    "patch_size": 16,
    "pooling_kernel_size": 3,
    "mm_embed_dim": 3840,
    "mm_posemb_size": 1120,
    "output_proj_dims": 3840,
}
_AUDIO_DEFAULTS = {"audio_embed_dim": 640}


def _text(root: Fields) -> Fields:
    text = root.nested("text_config", GEMMA4_UNIFIED_TEXT.defaults)
    if text is None:
        raise UncountableError("text_config is missing")
    return text


def _vision(root: Fields) -> int:
    """Return the projection of merged patches with three layer norms and a table of positions."""
    vision = root.nested("vision_config", _VISION_DEFAULTS)
    if vision is None:
        return 0
    side = vision.integer("patch_size", maximum=MAXIMUM_WIDTH) * vision.integer(
        "pooling_kernel_size", maximum=MAXIMUM_WIDTH
    )
    pixels = 3 * side * side
    width = vision.integer("mm_embed_dim", maximum=MAXIMUM_WIDTH)
    output = vision.integer("output_proj_dims", maximum=MAXIMUM_WIDTH)
    positions = vision.integer("mm_posemb_size", maximum=MAXIMUM_TOKENS)
    norms = 2 * (pixels + 2 * width)
    patches = projection(pixels, width, bias=True)
    return norms + patches + 2 * positions * width + projection(output, hidden_size(_text(root)))


def _audio(root: Fields) -> int:
    """Return the projection of one frame of samples."""
    audio = root.nested("audio_config", _AUDIO_DEFAULTS)
    if audio is None:
        return 0
    width = audio.integer(
        "audio_embed_dim", "hidden_size", "output_proj_dims", "audio_samples_per_token", maximum=MAXIMUM_WIDTH
    )
    return projection(width, hidden_size(_text(root)))


GEMMA4_UNIFIED_TEXT = Family(
    model_types=("gemma4_unified_text",),
    class_names=("Gemma4UnifiedForCausalLM",),
    defaults={
        "vocab_size": 262144,
        "hidden_size": 2304,
        "intermediate_size": 9216,
        "num_hidden_layers": 30,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "global_head_dim": 512,
        "max_position_embeddings": 262144,
        "tie_word_embeddings": True,
        "sliding_window": 1024,
    },
    layers=gemma4_layers,
    attention=gemma4_attention,
    dense=gemma4_dense,
    norms_per_layer=4,
)

GEMMA4_UNIFIED = replace(
    GEMMA4_UNIFIED_TEXT,
    model_types=("gemma4_unified",),
    class_names=("Gemma4UnifiedForConditionalGeneration",),
    text_field="text_config",
    root_defaults={"tie_word_embeddings": True},
    vision=_vision,
    audio=_audio,
)

FAMILIES = (GEMMA4_UNIFIED_TEXT, GEMMA4_UNIFIED)
