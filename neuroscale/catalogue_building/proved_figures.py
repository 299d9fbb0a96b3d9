"""Entries from figures: what packages say about a model, put together and proved by its published parameters."""

import json
import re
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from neuroscale.architecture.catalogue import CatalogueEntry
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.reader import read_architecture
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

# Models that score or embed text instead of writing it, and so store no output head whatever their class.
_WITHOUT_HEAD = re.compile(
    r"(?i)embed|rerank|reward|retriev|colbert|classif|judge|score|harrier|(?:^|[-_/])(?:p?rm|orm|e5|qrm|cls)(?:[-_]|$)"
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
    confirmed = _confirmed_contexts(evidence.index)
    specified = {given.repository.casefold(): given for given in evidence.specifications}
    alike: dict[tuple[str | None, int | None], list[ModelFigures]] = defaultdict(list)
    for model in evidence.index:
        if model.figures:
            alike[model.model_type, model.published_parameters].append(model)
    stored = {_stored_shape(model) for model in evidence.index if not _WITHOUT_HEAD.search(model.repository)}
    entries: list[CatalogueEntry] = []
    left_out: list[str] = []
    for model in evidence.index:
        family = figure_families().get(model.model_type or "")
        if family is None or not _is_wanted(model):
            continue
        same = alike[model.model_type, model.published_parameters]
        of_its_size = confirmed[model.model_type, model.published_parameters]
        entry = _entry(model, family, same, specified.get(model.repository.casefold()), of_its_size)
        if isinstance(entry, str):
            left_out.append(f"{model.repository}: {entry}")
        else:
            entries.append(entry)
    stored |= {(_publisher(entry.repository), *_shape(read_architecture(entry.config))) for entry in entries}
    twice = [entry for entry in entries if _stores_a_table_twice(entry, stored)]
    left_out += (
        f"{entry.repository}: others of its shape store one table of embeddings, it stores two" for entry in twice
    )
    defaults, refused = _default_entries(evidence, specified)
    return [*(entry for entry in entries if entry not in twice), *defaults], [*left_out, *refused]


def _entry(
    model: ModelFigures,
    family: FigureFamily,
    same: Sequence[ModelFigures],
    specified: ModelFigures | None,
    confirmed_contexts: Container[int],
) -> CatalogueEntry | str:
    """Return the entry of one model, or why it has none.

    Where its own figures cannot be read, those of every checkpoint of the same type and size count if all agree.
    """
    others = [] if model.figures else same
    sources = [model, *others, *([] if specified is None else [specified])]
    merged = merge_figures(_without_derived_widths(sources))
    if merged.conflicts:
        return "; ".join(merged.conflicts)
    if not merged.figures or model.published_parameters is None:
        return "no source states its figures"
    distrusted = _wanted().distrusted.get(model.repository.casefold())
    if distrusted is not None:
        return distrusted
    confirmed = family.confirmed_fields(model.repository)
    if confirmed is None and family.only_confirmed:
        return "no source states the fields that its parameters cannot prove"
    copies = [other for other in others if _name(other.repository) == _name(model.repository)]
    context = _context_tokens([model, *copies], specified, family.unconfirmed_context_tokens, confirmed_contexts)
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
    indexed: Iterable[ModelFigures],
    specified: ModelFigures | None,
    unconfirmed: int | None,
    confirmed_contexts: Container[int],
) -> int | None:
    """Return the context length that sources vouch for, or None.

    Two sources that agree vouch for any; the index alone only where its figure is neither its stand-in nor may have
    been multiplied, or is the confirmed one of a model of the same type and size.
    """
    lengths = {model.context_tokens for model in indexed if model.context_tokens is not None}
    if specified is not None and specified.context_tokens in lengths:
        return specified.context_tokens
    if len(lengths) != 1:
        return None
    (length,) = lengths
    if length == STAND_IN_TOKENS:
        return None
    allowed = unconfirmed is None or length <= unconfirmed or length in confirmed_contexts
    return length if allowed else None


def _stored_shape(model: ModelFigures) -> tuple[object, ...]:
    """Return who published a model, its shape and how many parameters it stores."""
    shape = (model.figures.get(name) for name in ("layers", "hidden_size", "heads", "vocabulary"))
    return (_publisher(model.repository), model.model_type, *shape, model.published_parameters)


def _stores_a_table_twice(entry: CatalogueEntry, stored: Container[tuple[object, ...]]) -> bool:
    """Whether its publisher stores a model of its shape without the output head that it seems to have.

    Some checkpoints of models that reuse their input embedding as their head store the one table twice.
    """
    model = read_architecture(entry.config)
    head = 0 if model.parameters is None else model.parameters.output_head
    return head > 0 and (_publisher(entry.repository), *_shape(model, head)) in stored


def _shape(model: ModelArchitecture, head_parameters: int = 0) -> tuple[object, ...]:
    heads = None if model.attention is None else model.attention.heads
    total = None if model.parameters is None else model.parameters.total - head_parameters
    return (model.model_type, model.layers, model.hidden_size, heads, model.vocabulary_size, total)


def _publisher(repository: str) -> str:
    return repository.partition("/")[0].casefold()


def _confirmed_contexts(index: Iterable[ModelFigures]) -> Mapping[tuple[str | None, int | None], set[int]]:
    """Return the context lengths that a source beside the index confirms, by type and number of parameters."""
    lengths: dict[tuple[str | None, int | None], set[int]] = defaultdict(set)
    for model in index:
        family = figure_families().get(model.model_type or "")
        confirmed = None if family is None else family.confirmed_fields(model.repository)
        tokens = None if confirmed is None else confirmed.stated.get(CONTEXT_FIELD)
        if isinstance(tokens, int):
            lengths[model.model_type, model.published_parameters].add(tokens)
    return lengths


def _without_derived_widths(given: Sequence[ModelFigures]) -> list[ModelFigures]:
    """Return figures without head widths that may be derived, where another source states another width.

    Where a config.json states none, the index divides the hidden size by the heads, whatever its class does.
    """
    widths = {model.figures["head_width"] for model in given if "head_width" in model.figures}
    return [_without_derived_width(model) if len(widths) > 1 else model for model in given]


def _without_derived_width(model: ModelFigures) -> ModelFigures:
    figures = model.figures
    if not {"head_width", "heads", "hidden_size"} <= figures.keys():
        return model
    if figures["head_width"] * figures["heads"] != figures["hidden_size"]:
        return model
    return replace(model, figures={name: value for name, value in figures.items() if name != "head_width"})


def _is_wanted(model: ModelFigures) -> bool:
    publisher, _, name = model.repository.partition("/")
    wanted = _wanted()
    return (
        publisher.casefold() in wanted.publishers
        and model.downloads_a_month >= wanted.least_downloads_a_month
        and not _STORED_OTHERWISE.search(name)
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which models of an index are considered: by publisher and downloads, with the reasons against some."""

    publishers: frozenset[str]
    least_downloads_a_month: int
    distrusted: Mapping[str, str]


@cache
def _wanted() -> _Wanted:
    data = files("neuroscale.catalogue_building").joinpath("data", "publishers.json")
    table = json.loads(data.read_text(encoding="utf-8"))
    return _Wanted(
        publishers=frozenset(name.casefold() for name in table["publishers"]),
        least_downloads_a_month=table["least_downloads_a_month"],
        distrusted={row["repository"].casefold(): row["why"] for row in table["distrusted"]},
    )


def _proof(published_parameters: int) -> str:
    return f"they give the {published_parameters:,} parameters that it stores"


def _name(repository: str) -> str:
    return repository.rpartition("/")[2].casefold()
