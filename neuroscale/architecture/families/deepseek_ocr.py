"""DeepSeek-OCR 2 and Unlimited-OCR: DeepSeek-V2 with plain attention behind an encoder of Segment Anything.

The dense and expert layers are those of `mlp_layer_types` or follow from `first_k_dense_replace`. Unlimited-OCR
lets generated tokens attend to the prompt and a short window; engines keep all tokens. Its published files have the
type `unlimited-ocr` and spell everything otherwise: `deepseek_vl_v2` describes them. Defined by
DeepseekOcr2Config, UnlimitedOcrConfig and their ForConditionalGeneration classes of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.decoder import AttentionBlock, Extras, Family, LayerKind, UncountableError
from neuroscale.architecture.families.deepseek import deepseek_v2_experts
from neuroscale.architecture.families.llama_shaped import derived_head_attention
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import layer_count, repeated, typed_layers
from neuroscale.architecture.tower import width_of
from neuroscale.architecture.towers.deepseek_ocr import (
    DEEPSEEK_OCR2_VISION,
    UNLIMITED_OCR_VISION,
    clip_encoder,
    query_encoder,
    sam_channels,
)


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    dense = fields.optional_integer("first_k_dense_replace", maximum=MAXIMUM_LAYERS)
    if dense is None and not fields.has("mlp_layer_types"):
        raise UncountableError("which layers have experts (mlp_layer_types) is not stated")
    return typed_layers(fields, repeated("full", layer_count(fields)), dense or 0)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    return derived_head_attention(fields, kind, input_bias="attention_bias", output_bias="attention_bias")


def _query_projector(_root: Fields, text: Fields, tower: Fields) -> int:
    """Return the projection and the vector that separates the views of an image."""
    hidden = hidden_size(text)
    return projection(width_of(query_encoder(tower)), hidden, bias=True) + hidden


def _joint_projector(_root: Fields, text: Fields, tower: Fields) -> int:
    """Return the projection of both encoders' outputs, and the vectors that end rows and separate views."""
    hidden = hidden_size(text)
    return projection(sam_channels(tower)[1] + width_of(clip_encoder(tower)), hidden, bias=True) + 2 * hidden


def _no_published_spelling(root: Fields, _text: Fields) -> Extras:
    if root.has("language_config"):
        raise UncountableError("the language model is in language_config, a spelling that is not covered")
    return Extras()


DEEPSEEK_OCR2_TEXT = Family(
    model_types=("deepseek_ocr2_text",),
    class_names=(),
    defaults={
        "vocab_size": 102400,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "moe_intermediate_size": 1407,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "n_shared_experts": 2,
        "n_routed_experts": 64,
        "max_position_embeddings": 2048,
    },
    layers=_layers,
    attention=_attention,
    dense=partial(dense_feed_forward, bias="mlp_bias"),
    experts=deepseek_v2_experts,
)

UNLIMITED_OCR_TEXT = replace(
    DEEPSEEK_OCR2_TEXT,
    model_types=("unlimited_ocr_text",),
    defaults={
        "vocab_size": 129280,
        "hidden_size": 1280,
        "intermediate_size": 6848,
        "moe_intermediate_size": 896,
        "num_hidden_layers": 12,
        "num_attention_heads": 10,
        "num_key_value_heads": 10,
        "n_shared_experts": 2,
        "n_routed_experts": 64,
        "num_experts_per_tok": 6,
        "first_k_dense_replace": 1,
        "max_position_embeddings": 32768,
    },
)

DEEPSEEK_OCR2 = Composite(
    model_types=("deepseek_ocr2",),
    class_names=("DeepseekOcr2ForConditionalGeneration",),
    language_model=DEEPSEEK_OCR2_TEXT,
    vision=(AttachedTower(tower=DEEPSEEK_OCR2_VISION, projector=_query_projector),),
    extras=_no_published_spelling,
)

UNLIMITED_OCR = Composite(
    model_types=("unlimited_ocr",),
    class_names=("UnlimitedOcrForConditionalGeneration",),
    language_model=UNLIMITED_OCR_TEXT,
    vision=(AttachedTower(tower=UNLIMITED_OCR_VISION, projector=_joint_projector),),
    extras=_no_published_spelling,
)

COMPOSITES = (DEEPSEEK_OCR2, UNLIMITED_OCR)
