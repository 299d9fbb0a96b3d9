"""Figures of a model that a package states outside of a config.json, under one set of names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """What one source says about one repository.

    Attributes:
        repository: Repository name as the source spells it.
        source: The package and its version.
        figures: Values under names of the field, such as `layers`, `hidden_size`, `heads`, `experts_per_token`.
        revision: Commit that the figures were taken at; None when the source does not say.
        model_type: The `model_type` of the repository's config.json; None when the source does not say.
        context_tokens: Context length that the source gives.
        published_parameters: Parameters that the checkpoint stores; None when the source does not say.
        downloads_a_month: Downloads that the source counted; 0 when it does not say.
    """

    repository: str
    source: str
    figures: Mapping[str, int]
    revision: str | None = None
    model_type: str | None = None
    context_tokens: int | None = None
    published_parameters: int | None = None
    downloads_a_month: int = 0


@dataclass(frozen=True, slots=True)
class MergedFigures:
    """What all sources say about one repository together.

    Attributes:
        figures: Every figure that a source gives.
        sources: The sources that gave any, in the order in which they were read.
        conflicts: One sentence for each figure on which sources differ.
    """

    figures: Mapping[str, int]
    sources: tuple[str, ...]
    conflicts: tuple[str, ...]


def merge_figures(given: Iterable[ModelFigures]) -> MergedFigures:
    """Return what sources say together, and where they differ."""
    merged: dict[str, int] = {}
    conflicts: dict[str, str] = {}
    sources: list[str] = []
    for source in given:
        if source.figures and source.source not in sources:
            sources.append(source.source)
        for name, value in source.figures.items():
            if merged.setdefault(name, value) != value:
                conflicts[name] = f"{name} is {merged[name]} in one source and {value} in {source.source}"
    return MergedFigures(merged, tuple(sources), tuple(conflicts.values()))
