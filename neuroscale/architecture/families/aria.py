"""Aria: a Llama with routed and shared experts in every layer, and a tower of Idefics 3 with a querying projector.

`intermediate_size` is the width of one expert, routed or shared. The projector answers a fixed number of learned
queries, the largest of `projector_patch_to_query_dict`, by attention over the tower's output. Defined by
AriaTextConfig, AriaConfig and their model classes of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    expert_feed_forward,
    grouped_query_attention,
    hidden_size,
    projection,
    shared_experts_of_routed_width,
)
from neuroscale.architecture.decoder import ExpertsBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_TOKENS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import expert_layers, full_attention, layer_count
from neuroscale.architecture.tower import (
    attention_weights,
    encoder_layer,
    layer_norm,
    patch_count,
    patch_embedding,
    width_of,
)
from neuroscale.errors import InvalidInputError

_DEFAULT_QUERIES = 256
_VISION_DEFAULTS = {
    "hidden_size": 1152,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_channels": 3,
    "image_size": 224,
    "patch_size": 32,
}


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    stated = fields.optional_integer("moe_intermediate_size", maximum=MAXIMUM_WIDTH)
    if stated not in {None, fields.integer("intermediate_size", maximum=MAXIMUM_WIDTH)}:
        raise UncountableError("moe_intermediate_size and intermediate_size differ, and the class reads the latter")
    block = expert_feed_forward(
        fields,
        kind,
        width="intermediate_size",
        shared_width=partial(shared_experts_of_routed_width, count="moe_num_shared_experts"),
    )
    biases = 2 * block.shared_intermediate_size + hidden_size(fields) if fields.flag("mlp_bias") else 0
    return replace(block, shared=block.shared + biases)


def _vision(root: Fields) -> int:
    vision = root.nested("vision_config", _VISION_DEFAULTS) or Fields({}, _VISION_DEFAULTS, "vision_config")
    text = root.nested("text_config", ARIA_TEXT.defaults)
    if text is None:
        raise UncountableError("text_config is missing")
    if vision.optional_text("model_type") not in {None, "idefics3_vision"}:
        raise UncountableError("the vision tower (vision_config.model_type) is not the one of this family")
    width, hidden = width_of(vision), hidden_size(text)
    tower = (
        patch_embedding(vision, width, bias=True)
        + patch_count(vision) * width
        + layer_count(vision) * encoder_layer(width, width_of(vision, "intermediate_size"))
        + layer_norm(width)
    )
    query_attention = attention_weights(width) + 3 * projection(width, width) + projection(width, width, bias=True)
    return (
        tower
        + _queries(root) * width
        + query_attention
        + 3 * layer_norm(width)
        + projection(width, hidden)
        + projection(hidden, hidden)
    )


def _queries(root: Fields) -> int:
    """Return the learned queries of the projector: as many as the largest image needs."""
    stated = root.nested("projector_patch_to_query_dict")
    if stated is None:
        return _DEFAULT_QUERIES
    counts = [stated.integer(name, maximum=MAXIMUM_TOKENS) for name in stated.names()]
    if not counts:
        raise InvalidInputError("must not be empty", field=root.path("projector_patch_to_query_dict"))
    return max(counts)


ARIA_TEXT = Family(
    model_types=("aria_text",),
    class_names=("AriaTextForCausalLM",),
    defaults={
        "vocab_size": 32000,
        "hidden_size": 4096,
        "intermediate_size": 4096,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "max_position_embeddings": 2048,
        "moe_num_experts": 8,
        "moe_topk": 2,
        "moe_num_shared_experts": 2,
    },
    layers=lambda fields: expert_layers(full_attention(fields)),
    attention=partial(grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias"),
    experts=_experts,
)

ARIA = replace(
    ARIA_TEXT,
    model_types=("aria",),
    class_names=("AriaForConditionalGeneration",),
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False},
    vision=_vision,
)

FAMILIES = (ARIA_TEXT, ARIA)
