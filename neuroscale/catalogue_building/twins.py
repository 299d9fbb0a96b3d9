"""Checkpoints of a known model under another name, or in another format.

Most of them are later trainings of one architecture, or the same weights in FP8. None is taken for its model by its
name: an index has to state the same figures, and a number of stored parameters that the configuration, with the
scales of its format, gives to the last one.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from neuroscale.architecture.catalogue import CatalogueEntry
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.reader import read_architecture
from neuroscale.catalogue_building.figures import ModelFigures
from neuroscale.catalogue_building.proof import stored_parameters
from neuroscale.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class StoredBeside:
    """What a checkpoint stores beside the parameters of its model; fewer elements where it shares some of them."""

    elements: int
    what: str


@dataclass(frozen=True, slots=True)
class Twin:
    """A checkpoint whose configuration is that of another repository, with some changes.

    Attributes:
        repository: The checkpoint.
        of: The repository whose configuration is taken.
        changes: Fields that differ; None takes one away.
        beside: What it stores beside the parameters of the model, which its format explains to the element.
        confirmed: Who says what the number does not prove, in words; "" when it proves everything.
        renamed: Who calls one and the same repository by this name; "" for checkpoints of their own.
    """

    repository: str
    of: str
    changes: Mapping[str, object]
    beside: tuple[StoredBeside, ...]
    confirmed: str
    renamed: str


@cache
def known_twins() -> tuple[Twin, ...]:
    """Return the table of twins."""
    text = files("neuroscale.catalogue_building").joinpath("data/twins.json").read_text(encoding="utf-8")
    return tuple(
        Twin(
            repository=row["repository"],
            of=row["of"],
            changes=row.get("changes", {}),
            beside=tuple(StoredBeside(**each) for each in row.get("beside", ())),
            confirmed=row.get("confirmed", ""),
            renamed=row.get("renamed", ""),
        )
        for row in json.loads(text)["twins"]
    )


def twin_entries(
    index: Iterable[ModelFigures], entry_of: Callable[[str], CatalogueEntry | None]
) -> tuple[list[CatalogueEntry], list[str]]:
    """Return the entries of the twins that prove themselves, and one sentence for each one that is refuted.

    Args:
        index: What indexes state about models; a twin that none of them lists is passed over.
        entry_of: Returns what is known of a repository already.
    """
    by_repository = {figures.repository.casefold(): figures for figures in index}
    entries: list[CatalogueEntry] = []
    left_out: list[str] = []
    for twin in known_twins():
        model = entry_of(twin.of)
        figures = by_repository.get(twin.repository.casefold())
        if twin.renamed and model is not None:
            entries.append(
                CatalogueEntry(twin.repository, None, f"{model.provenance}; {twin.renamed}", model.config)
            )
        if twin.renamed or figures is None:
            continue
        if model is None:
            left_out.append(f"{twin.repository}: {twin.of}, whose configuration it has, is not known")
            continue
        config = changed_config(model.config, twin.changes)
        problem = refutation(twin, config, figures)
        if problem is None:
            entries.append(CatalogueEntry(twin.repository, None, _provenance(twin, figures), config))
        else:
            left_out.append(f"{twin.repository}: {problem}")
    return entries, left_out


def changed_config(config: Mapping[str, object], changes: Mapping[str, object]) -> Mapping[str, object]:
    """Return a configuration with some fields changed; those that become None are taken away."""
    changed = {**config, **changes}
    return {name: value for name, value in changed.items() if name not in changes or value is not None}


def refutation(twin: Twin, config: Mapping[str, object], figures: ModelFigures) -> str | None:
    """Return why a checkpoint is not what the table says it is, in one sentence; None when nothing refutes it.

    Every figure that the index states has to be that of the configuration, and the number of parameters that the
    checkpoint stores has to be one that the configuration gives, with what its format stores beside.
    """
    try:
        architecture = read_architecture(config)
    except InvalidInputError as problem:
        return str(problem)
    for name, value in _figures(architecture).items():
        stated = figures.context_tokens if name == "context" else figures.figures.get(name)
        if value is not None and stated is not None and stated != value:
            return f"its {name.replace('_', ' ')} is {stated} in {figures.source}, and {value} in that of {twin.of}"
    extra = sum(each.elements for each in twin.beside)
    if figures.published_parameters not in {count + extra for count in stored_parameters(architecture)}:
        return f"it stores {figures.published_parameters} parameters, which {twin.of} does not explain"
    return None


def _figures(architecture: ModelArchitecture) -> Mapping[str, int | None]:
    attention, experts, context = architecture.attention, architecture.experts, architecture.context
    return {
        "layers": architecture.layers,
        "hidden_size": architecture.hidden_size,
        "heads": attention.heads if attention else None,
        "vocabulary": architecture.vocabulary_size,
        "experts": experts.routed_experts if experts else None,
        "experts_per_token": experts.experts_per_token if experts else None,
        "context": context.original_tokens if context and context.stated_in else None,
    }


def _provenance(twin: Twin, figures: ModelFigures) -> str:
    extra = sum(each.elements for each in twin.beside)
    explained = f", {abs(extra):,} {'more' if extra > 0 else 'fewer'} than those of the model" if extra else ""
    confirmed = f"; format as in {twin.confirmed}" if twin.confirmed else ""
    return (
        f"the configuration of {twin.of}, by its figures in {figures.source}; they give the "
        f"{figures.published_parameters:,} elements that it stores{explained}{confirmed}"
    )
