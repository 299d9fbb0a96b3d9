"""Idefics 2, Idefics 3 and SmolVLM: a SigLIP-like tower and a language model of any family.

Idefics 2 reads the image through a perceiver: learned latents that attend to the projected patches, as wide as the
language model. Idefics 3 and SmolVLM merge patches and project them once, without biases. Defined by the Config and
ForConditionalGeneration classes of transformers' idefics2, idefics3 and smolvlm.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_LAYERS, MAXIMUM_TOKENS, Fields
from neuroscale.architecture.tower import feed_forward_weights, width_of
from neuroscale.architecture.towers.idefics import IDEFICS2_VISION, IDEFICS3_VISION

_PERCEIVER_DEFAULTS = {
    "resampler_n_latents": 64,
    "resampler_depth": 3,
    "resampler_n_heads": 16,
    "resampler_head_dim": 96,
    "num_key_value_heads": 4,
}


def _perceiver(root: Fields, hidden: int) -> int:
    fields = root.nested("perceiver_config", _PERCEIVER_DEFAULTS) or Fields(
        {}, _PERCEIVER_DEFAULTS, "perceiver_config"
    )
    head = width_of(fields, "resampler_head_dim")
    queries = head * fields.integer("resampler_n_heads", maximum=MAXIMUM_HEADS)
    keys = head * fields.integer("num_key_value_heads", maximum=MAXIMUM_HEADS)
    layer = (
        2 * projection(hidden, queries)
        + 2 * projection(hidden, keys)
        + feed_forward_weights(hidden, 4 * hidden, bias=False, matrices=3)
        + 3 * hidden
    )
    latents = fields.integer("resampler_n_latents", maximum=MAXIMUM_TOKENS) * hidden
    return latents + fields.integer("resampler_depth", maximum=MAXIMUM_LAYERS) * layer + hidden


def _resampled(root: Fields, text: Fields, tower: Fields) -> int:
    width, inner, hidden = hidden_size(tower), width_of(text, "intermediate_size"), hidden_size(text)
    return 2 * projection(width, inner) + projection(inner, hidden) + _perceiver(root, hidden)


def _merged(root: Fields, text: Fields, tower: Fields) -> int:
    factor = root.integer("scale_factor", maximum=MAXIMUM_LAYERS)
    return projection(hidden_size(tower) * factor * factor, hidden_size(text))


IDEFICS2 = Composite(
    model_types=("idefics2",),
    class_names=("Idefics2ForConditionalGeneration",),
    language_model="mistral",
    text_when_absent={"max_position_embeddings": 32768},
    vision=(AttachedTower(tower=IDEFICS2_VISION, projector=_resampled),),
    root_defaults={"tie_word_embeddings": False},
)
IDEFICS3 = Composite(
    model_types=("idefics3", "smolvlm"),
    class_names=("Idefics3ForConditionalGeneration", "SmolVLMForConditionalGeneration"),
    language_model="llama",
    vision=(AttachedTower(tower=IDEFICS3_VISION, projector=_merged),),
    root_defaults={"scale_factor": 2, "tie_word_embeddings": False},
)

COMPOSITES = (IDEFICS2, IDEFICS3)
