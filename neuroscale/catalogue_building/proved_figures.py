"""Entries from figures: what packages say about a model, put together and proved by its published parameters."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from neuroscale.architecture.catalogue import CatalogueEntry
from neuroscale.architecture.retained_fields import retained_fields
from neuroscale.catalogue_building.class_defaults import CONTEXT_FIELD, ClassDefaults
from neuroscale.catalogue_building.figure_families import FigureFamily, figure_families
from neuroscale.catalogue_building.figures import ModelFigures, merge_figures
from neuroscale.catalogue_building.model_index import STAND_IN_TOKENS
from neuroscale.catalogue_building.proof import proved_config

# Weights stored in another format than the class's own: what quantises them is in no figure.
_STORED_OTHERWISE = re.compile(
    r"""(?ix) (?:^|[-_.]) (?: gguf | awq | gptq | [nm]*x?fp[468] | int[48] | w[48]a(?:8|16) | bnb | [2348]-?bits?
    | mlx | quantized | qat | onnx | ptpc | hqq | aqlm | exl2 | autoround | quark | ov | lora | eagle3? | 1[.]58bit
    ) (?:[-_.]|$)"""
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that packages say about public models.

    Attributes:
        index: Models with their published parameters.
        specifications: Models with the commit that their figures were read at.
        class_defaults: Configurations that classes document as their defaults, each with its source.
    """

    index: Sequence[ModelFigures]
    specifications: Sequence[ModelFigures]
    class_defaults: Sequence[tuple[ClassDefaults, str]]


def proved_entries(evidence: Evidence) -> tuple[list[CatalogueEntry], list[str]]:
    """Return the entries of models whose figures prove themselves, and one sentence for each that was left out."""
    specified = {given.repository.casefold(): given for given in evidence.specifications}
    alike: dict[tuple[str | None, int | None], list[ModelFigures]] = defaultdict(list)
    for model in evidence.index:
        if model.figures:
            alike[model.model_type, model.published_parameters].append(model)
    entries: list[CatalogueEntry] = []
    left_out: list[str] = []
    for model in evidence.index:
        family = figure_families().get(model.model_type or "")
        if family is None or not _is_wanted(model):
            continue
        same = alike[model.model_type, model.published_parameters]
        entry = _entry(model, family, same, specified.get(model.repository.casefold()))
        if isinstance(entry, str):
            left_out.append(f"{model.repository}: {entry}")
        else:
            entries.append(entry)
    defaults, refused = _default_entries(evidence, specified)
    return [*entries, *defaults], [*left_out, *refused]


def _entry(
    model: ModelFigures, family: FigureFamily, same: Sequence[ModelFigures], specified: ModelFigures | None
) -> CatalogueEntry | str:
    """Return the entry of one model, or why it has none.

    Where its own figures cannot be read, those of every checkpoint of the same type and size count if all agree.
    """
    others = [] if model.figures else same
    merged = merge_figures([model, *others, *([] if specified is None else [specified])])
    if merged.conflicts:
        return "; ".join(merged.conflicts)
    if not merged.figures or model.published_parameters is None:
        return "no source states its figures"
    confirmed = family.confirmed_fields(model.repository)
    if confirmed is None and family.only_confirmed:
        return "no source states the fields that its parameters cannot prove"
    copies = [other for other in others if _name(other.repository) == _name(model.repository)]
    context = _context_tokens([model, *copies], specified, family.unconfirmed_context_tokens)
    configs = family.possible_configs(model.repository, merged.figures, context)
    config = proved_config(configs, model.repository, model.published_parameters)
    if isinstance(config, str):
        return config
    whose = "figures" if model.figures or specified is not None else "figures of checkpoints of its type and size"
    provenance = f"{whose} in {' and '.join(merged.sources)}; {_proof(model.published_parameters)}"
    if confirmed is not None:
        provenance += f"; {' and '.join(sorted(confirmed.stated))} as in {confirmed.source}"
    revision = None if specified is None or not specified.figures else specified.revision
    return CatalogueEntry(model.repository, revision, provenance, retained_fields(config))


def _default_entries(
    evidence: Evidence, specified: Mapping[str, ModelFigures]
) -> tuple[list[CatalogueEntry], list[str]]:
    """Return the entries of checkpoints that equal the defaults of their class."""
    published = {model.repository.casefold(): model for model in evidence.index}
    entries: list[CatalogueEntry] = []
    left_out: list[str] = []
    for defaults, source in evidence.class_defaults:
        model = published.get(defaults.repository.casefold())
        family = figure_families().get(defaults.model_type)
        if model is None or model.published_parameters is None or family is None or family.text_field is not None:
            continue
        stated = defaults.fields.get(CONTEXT_FIELD)
        others = [model, *([] if (known := specified.get(model.repository.casefold())) is None else [known])]
        confirmed = any(other.context_tokens == stated for other in others)
        config = {
            "architectures": [family.class_name],
            "model_type": defaults.model_type,
            **defaults.fields,
            CONTEXT_FIELD: stated if confirmed else None,
        }
        proved = proved_config([config], model.repository, model.published_parameters)
        if isinstance(proved, str):
            left_out.append(f"{model.repository}: as the defaults of its class in {source}: {proved}")
            continue
        provenance = f"defaults of its class in {source}; {_proof(model.published_parameters)}"
        entries.append(CatalogueEntry(model.repository, None, provenance, retained_fields(proved)))
    return entries, left_out


def _context_tokens(
    indexed: Iterable[ModelFigures], specified: ModelFigures | None, unconfirmed: int | None
) -> int | None:
    """Return the context length that sources vouch for, or None.

    Two sources that agree vouch for any; the index alone only where its figure is neither its stand-in nor may have
    been multiplied.
    """
    lengths = {model.context_tokens for model in indexed if model.context_tokens is not None}
    if specified is not None and specified.context_tokens in lengths:
        return specified.context_tokens
    if len(lengths) != 1:
        return None
    (length,) = lengths
    allowed = length != STAND_IN_TOKENS and (unconfirmed is None or length <= unconfirmed)
    return length if allowed else None


def _is_wanted(model: ModelFigures) -> bool:
    publisher, _, name = model.repository.partition("/")
    least, publishers = _publishers()
    return (
        publisher.casefold() in publishers
        and model.downloads_a_month >= least
        and not _STORED_OTHERWISE.search(name)
    )


@cache
def _publishers() -> tuple[int, frozenset[str]]:
    data = files("neuroscale.catalogue_building").joinpath("data", "publishers.json")
    table = json.loads(data.read_text(encoding="utf-8"))
    return table["least_downloads_a_month"], frozenset(name.casefold() for name in table["publishers"])


def _proof(published_parameters: int) -> str:
    return f"they give the {published_parameters:,} parameters that it stores"


def _name(repository: str) -> str:
    return repository.rpartition("/")[2].casefold()
