"""The labels that cost tooling, policies and people read off a serving object."""

from neuroscale.architecture.model import ModelArchitecture

ARCHITECTURE_LABEL = "model-architecture"
ACTIVE_RATIO_LABEL = "active-param-ratio"
TOTAL_PARAMETERS_LABEL = "total-params"


def architecture_labels(architecture: ModelArchitecture) -> dict[str, str]:
    """Return the labels of a model; a label whose fact is not known is left out.

    `model-architecture` is "moe" or "dense"; `active-param-ratio` is active parameters (embeddings counted) by
    language model parameters, with two decimals; `total-params` is the language model's parameters, in billions
    with one decimal ("25.2B") or, below one billion, in millions ("596M").
    """
    labels: dict[str, str] = {}
    if architecture.is_mixture_of_experts is not None:
        labels[ARCHITECTURE_LABEL] = "moe" if architecture.is_mixture_of_experts else "dense"
    active = architecture.active_parameters
    if architecture.parameters is not None and active is not None:
        total = architecture.parameters.language_model
        labels[ACTIVE_RATIO_LABEL] = f"{active / total:.2f}"
        labels[TOTAL_PARAMETERS_LABEL] = shown_parameters(total)
    return labels


def shown_parameters(parameters: int) -> str:
    """Return a number of parameters in billions with one decimal, or in millions below one billion."""
    billions = f"{parameters / 1e9:.1f}"
    return f"{billions}B" if parameters >= 1e9 else f"{parameters / 1e6:.0f}M"
