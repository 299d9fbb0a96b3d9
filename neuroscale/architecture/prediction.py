"""Layers of a checkpoint that draft tokens (multi-token prediction): how many there are and what they add."""

from neuroscale.architecture.blocks import hidden_size
from neuroscale.architecture.decoder import AttentionBlock, ExpertsBlock
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_VOCABULARY, Fields
from neuroscale.architecture.model import MultiTokenPrediction

_NORMS_OF_A_LAYER = 2
_NORMS_AROUND_A_LAYER = 3


def prediction_layers(fields: Fields) -> int:
    """Return how many layers draft tokens, as the configuration states it; 0 when it states none.

    A class default does not count here: a file that an older release of transformers saved has neither the field
    nor the weights.
    """
    if not any(fields.has(name) for name in ("num_nextn_predict_layers", "num_mtp_layers")):
        return 0
    return fields.optional_integer("num_nextn_predict_layers", "num_mtp_layers", maximum=MAXIMUM_LAYERS) or 0


def counted_layers_only(fields: Fields) -> MultiTokenPrediction | None:
    """Return the number of layers that draft tokens, for checkpoints whose further parameters are not known."""
    layers = prediction_layers(fields)
    return MultiTokenPrediction(layers) if layers else None


def whole_layers(
    fields: Fields,
    attention: AttentionBlock,
    experts: ExpertsBlock,
    *,
    copies_embeddings: bool,
    further_parameters: int = 0,
) -> MultiTokenPrediction | None:
    """Return draft layers that are whole MoE layers behind the last one, with what joins them.

    Each has norms of the embedded token, of the last hidden state and before the head, and a projection of both
    joined back to the hidden size. The model computes with one embedding and one output head; where the published
    files of a family store a copy of both in every draft layer, they are counted, because the figure is what the
    checkpoint holds beyond the model. The correction bias of a router is no parameter.

    Args:
        fields: The language model's configuration.
        attention: Token mixer of a draft layer.
        experts: Experts of a draft layer.
        copies_embeddings: Whether each draft layer stores embedding and head again.
        further_parameters: What else a draft layer has.

    Source: the weight description of DeepSeek-V3 (README_WEIGHTS.md of the published model) and vLLM 0.33.0,
    `deepseek_mtp`.
    """
    layers = prediction_layers(fields)
    if not layers:
        return None
    hidden, vocabulary = hidden_size(fields), fields.integer("vocab_size", maximum=MAXIMUM_VOCABULARY)
    layer = (
        attention.weights
        + attention.norms
        + attention.other
        + experts.router
        + experts.routed
        + experts.shared
        + experts.other
        + (_NORMS_OF_A_LAYER + _NORMS_AROUND_A_LAYER) * hidden
        + 2 * hidden * hidden
        + further_parameters
    )
    copies = 2 * vocabulary * hidden if copies_embeddings else 0
    return MultiTokenPrediction(layers, layers * (layer + copies))


def layers_with_copied_embeddings(
    fields: Fields, attention: AttentionBlock, experts: ExpertsBlock
) -> MultiTokenPrediction | None:
    """Return draft layers as DeepSeek-V3 stores them: whole MoE layers, each with embedding and head again."""
    return whole_layers(fields, attention, experts, copies_embeddings=True)
