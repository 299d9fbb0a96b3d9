"""What loading a model leaves in memory beside its weights: at most, as none of it is certain."""

import math

from neuroscale.architecture.model import ContextLength, ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.sizing.checkpoint import draft_layer_bytes

_HALF_PRECISION_BYTES, _SINGLE_PRECISION_BYTES = 2, 4
# Rope types whose tables have the stated positions and no multiple of them.
_UNSCALED_ROPE_TYPES = frozenset({"llama3", "proportional", "dynamic", "xdrope"})
# Types that scale the positions from before the scaling, and whose tables some models keep in 32 bits.
_YARN_TYPES = frozenset({"yarn", "deepseek_yarn", "deepseek_llama_scaling", "telechat3-yarn"})
# Types with a table for short prompts beside that for long ones.
_TWO_TABLE_TYPES = frozenset({"su", "longrope"})
# Positions of images in time, height and width make the table longer.
_MULTIMODAL_POSITIONS = 4
# Latent attention rotates this part of a head alone, in every family that vLLM 0.33.0 has.
_LATENT_ROTATED_ELEMENTS = 64
# The rest of a block of the allocator stays with the tensor when it is no more than 1 MiB, for each of the stacked
# weights of a layer: two of attention, two of the feed-forward, two of the routed experts.
# Source: PyTorch, CUDACachingAllocator, `kSmallSize`.
_MOST_REST_BYTES, _STACKED_WEIGHTS_PER_LAYER = 2**20, 4
_FURTHER_WEIGHTS_OF_EXPERTS = 2


def rotary_cache_bytes(architecture: ModelArchitecture) -> int:
    """Return the tables of cosines and sines: a row of the head's width for every position, whole on every rank.

    Scaled positions have rows of their own, and layers with a window a table without the scaling. The tables of
    Gemma 3 4B take 0.56 GiB, those of the ten million positions of Llama 4 Scout 2.5 GiB.

    Source: vLLM 0.33.0, model_executor/layers/rotary_embedding (`_compute_cos_sin_cache` of every class).
    """
    context, attention = architecture.context, architecture.attention
    if context is None or attention is None:
        return 0
    positions, element_bytes = _table_rows(context), _HALF_PRECISION_BYTES
    if context.rope_type in _YARN_TYPES:
        element_bytes = _SINGLE_PRECISION_BYTES
    if any(group.window_tokens is not None and group.kind != "chunked" for group in attention.groups):
        positions += context.original_tokens
    width = attention.head_dimension
    return positions * element_bytes * (min(width, _LATENT_ROTATED_ELEMENTS) if attention.is_latent else width)


def _table_rows(context: ContextLength) -> int:
    stated, before = context.original_tokens, context.rope_original_tokens or context.original_tokens
    if context.rope_type is None or context.rope_type in _UNSCALED_ROPE_TYPES:
        return stated
    if context.rope_type == "mrope":
        return stated * _MULTIMODAL_POSITIONS
    if context.rope_type in _TWO_TABLE_TYPES:
        return stated + before
    return math.ceil((before if context.rope_type in _YARN_TYPES else stated) * context.rope_factor)


def absorbed_projection_bytes(architecture: ModelArchitecture, settings: EngineSettings) -> int:
    """Return the up-projections of latent attention in the form that decoding multiplies by, in 16 bits.

    They stand beside the weights that they come from: latent width x heads x (key and value width of a head).

    Source: vLLM 0.33.0, `MLAAttention.process_weights_after_loading` (W_UK_T and W_UV).
    """
    attention = architecture.attention
    if attention is None or not attention.is_latent:
        return 0
    heads = attention.heads / settings.attention_tensor_parallel_size
    total = 0.0
    for group in attention.groups:
        if group.kind == "latent":
            total += group.layers * group.key_elements_per_token * heads * 2 * attention.head_dimension
    return math.ceil(total * _HALF_PRECISION_BYTES / settings.pipeline_parallel_size)


def drafting_bytes(architecture: ModelArchitecture, settings: EngineSettings) -> int:
    """Return the checkpoint's own draft layers where speculative decoding is configured; 0 without it.

    Draft models of their own are not counted: the command line does not say how large they are.
    """
    if not any(name.startswith("--speculative") for name in settings.options):
        return 0
    drafting = draft_layer_bytes(architecture)
    if drafting is None:
        return 0
    cut = math.ceil(drafting.pessimistic_bytes / settings.tensor_parallel_size)
    counts, prediction = architecture.parameters, architecture.multi_token_prediction
    if (
        counts is None
        or prediction is None
        or settings.attention_tensor_parallel_size == settings.tensor_parallel_size
    ):
        return cut
    # Beside copies of the attention, that of the draft layers and their shared experts are whole at the most.
    whole = (counts.attention + counts.shared_experts) * prediction.layers / max(1, architecture.layers or 1)
    return min(drafting.pessimistic_bytes, cut + math.ceil(whole * _HALF_PRECISION_BYTES))


def allocation_rest_bytes(architecture: ModelArchitecture, settings: EngineSettings) -> int:
    """Return the rests of the allocator's blocks that no other tensor can use."""
    layers = math.ceil((architecture.layers or 0) / settings.pipeline_parallel_size)
    stacked = _STACKED_WEIGHTS_PER_LAYER + (_FURTHER_WEIGHTS_OF_EXPERTS if architecture.experts else 0)
    return layers * stacked * _MOST_REST_BYTES
