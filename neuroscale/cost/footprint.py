"""What a model makes an accelerator hold, and what it makes it compute: the two figures that costs are split by."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from neuroscale.architecture.labels import ACTIVE_RATIO_LABEL, ARCHITECTURE_LABEL, TOTAL_PARAMETERS_LABEL
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.sizing.bounds import ByteBounds
from neuroscale.sizing.checkpoint import checkpoint_bytes

_TOTAL = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)([BM])")
_RATIO = re.compile(r"[01](?:\.[0-9]{1,6})?")
_SCALE = {"B": 10**9, "M": 10**6}


@dataclass(frozen=True, slots=True)
class ModelFootprint:
    """What a model holds in memory and computes with.

    Attributes:
        held_parameters: All parameters, which must be resident whether a token uses them or not.
        computing_parameters: Parameters that multiply one token of text: active parameters without the input
            embedding, which is looked up and not multiplied; where the embedding is tied, its rows are the output
            head as well and count.
        read_parameters: Parameters of the language model that a large batch reads in every step: all but the rows
            of the input embedding that nothing multiplies.
        is_mixture_of_experts: Whether it is one; None where that is not known.
        routed_experts: Experts per layer of a mixture; None for others, and where they are not known.
        weight_bytes: Bytes of the weights as they are stored; None where they are not known.
        is_rounded: Whether the figures are those of labels, which keep one or two decimals.
    """

    held_parameters: int
    computing_parameters: int
    read_parameters: int
    is_mixture_of_experts: bool | None = None
    routed_experts: int | None = None
    weight_bytes: ByteBounds | None = None
    is_rounded: bool = False

    @property
    def computing_share(self) -> Fraction:
        """The part of what a large batch reads in one step that computes one token: 1 for a dense model."""
        return Fraction(self.computing_parameters, self.read_parameters)

    def flops(self, computed_tokens: int) -> int:
        """Return the floating-point operations of tokens: 2 x computing parameters for each.

        One multiplication and one addition per parameter. Attention over the context, which grows with its length,
        is left out, as are images and audio.
        Source: J. Kaplan et al., Scaling Laws for Neural Language Models (2020), section 2.1.
        """
        return 2 * self.computing_parameters * computed_tokens


def footprint_of(architecture: ModelArchitecture) -> ModelFootprint | None:
    """Return the footprint of a model; None when its parameters cannot be counted."""
    parameters = architecture.parameters
    active = architecture.active_parameters
    if parameters is None or active is None:
        return None
    looked_up = parameters.input_embedding
    if architecture.tied_embeddings:
        if architecture.vocabulary_size is None or architecture.hidden_size is None:
            return None
        # Tables that exist per layer are part of the input embedding and are never a head.
        looked_up -= min(looked_up, architecture.vocabulary_size * architecture.hidden_size)
    computing, read = active - looked_up, parameters.language_model - looked_up
    if not 0 < computing <= read:
        return None
    return ModelFootprint(
        held_parameters=parameters.total,
        computing_parameters=computing,
        read_parameters=read,
        is_mixture_of_experts=architecture.is_mixture_of_experts,
        routed_experts=None if architecture.experts is None else architecture.experts.routed_experts,
        weight_bytes=checkpoint_bytes(architecture),
    )


def footprint_of_labels(labels: Mapping[str, str]) -> ModelFootprint | None:
    """Return the footprint that the labels `total-params` and `active-param-ratio` tell; None when they do not.

    A label keeps two decimals of the ratio, so that the compute of a sparse model is known to a tenth or so.
    """
    total = _TOTAL.fullmatch(labels.get(TOTAL_PARAMETERS_LABEL, ""))
    ratio = _RATIO.fullmatch(labels.get(ACTIVE_RATIO_LABEL, ""))
    if total is None or ratio is None:
        return None
    held = int(Fraction(total[1]) * _SCALE[total[2]])
    computing = int(Fraction(ratio[0]) * held)
    if not 0 < computing <= held:
        return None
    kind = labels.get(ARCHITECTURE_LABEL)
    return ModelFootprint(
        held_parameters=held,
        computing_parameters=computing,
        read_parameters=held,
        is_mixture_of_experts={"moe": True, "dense": False}.get(kind or ""),
        is_rounded=True,
    )
