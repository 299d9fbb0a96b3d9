"""Figures to config.json: how each family spells them, and what its published files state beside them."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_FIGURE, _CHOICES = "figure", "one of"


@dataclass(frozen=True, slots=True)
class ConfirmedFields:
    """Fields that no figure gives, as a source states them for some repositories.

    Attributes:
        repositories: Pattern of the whole repository name.
        stated: The fields of the language model.
        source: Where they were read, in words.
    """

    repositories: re.Pattern[str]
    stated: Mapping[str, object]
    source: str


@dataclass(frozen=True, slots=True)
class FigureFamily:
    """How figures of one `model_type` become a config.json.

    Attributes:
        model_type: The type.
        class_name: The class that its published files name.
        field_names: Name of the configuration field of every figure that the family uses.
        text_field: Field that holds the language model; None when it is the root.
        stated: Fields that its published files state alike and no figure gives. A value `{"figure": NAME}` stands
            for a figure, and `{"one of": [...]}` for values among which the published number of parameters decides.
        stated_beside_text: The same, beside the language model of a multimodal type.
        confirmed: Fields of some repositories that figures do not give and that another source confirms.
        only_confirmed: Whether a repository without such fields is left out: without them it would be misread.
        unconfirmed_context_tokens: Largest context length that counts when the index of models alone states it;
            None when every one does.
    """

    model_type: str
    class_name: str
    field_names: Mapping[str, str]
    text_field: str | None
    stated: Mapping[str, object]
    stated_beside_text: Mapping[str, object]
    confirmed: tuple[ConfirmedFields, ...]
    only_confirmed: bool
    unconfirmed_context_tokens: int | None

    def confirmed_fields(self, repository: str) -> ConfirmedFields | None:
        """Return the fields that another source confirms for a repository, or None."""
        return next((row for row in self.confirmed if row.repositories.fullmatch(repository)), None)

    def possible_configs(
        self, repository: str, figures: Mapping[str, int], context_tokens: int | None
    ) -> Iterator[dict[str, object]]:
        """Return one configuration for every choice of the fields that no source states.

        A context length that is not known is written as null: absent, it would be read as the default of the class.

        Args:
            repository: The repository that they may be of.
            figures: What is known of it.
            context_tokens: Its context length; None when it is not known.
        """
        language: dict[str, object] = {
            self.field_names[figure]: value for figure, value in figures.items() if figure in self.field_names
        }
        language[self.field_names["context"]] = context_tokens
        language |= self.stated
        confirmed = self.confirmed_fields(repository)
        if confirmed is not None:
            language |= confirmed.stated
        root: dict[str, object] = {"architectures": [self.class_name], "model_type": self.model_type}
        for text in _choices(language, figures):
            if self.text_field is None:
                yield root | text
                continue
            for beside in _choices(self.stated_beside_text, figures):
                yield root | beside | {self.text_field: text}


def _choices(value: Mapping[str, object], figures: Mapping[str, int]) -> Iterator[dict[str, object]]:
    """Return an object once for every combination of the choices in it, with figures in place of their names."""
    names = tuple(value)
    for values in itertools.product(*(_values(value[name], figures) for name in names)):
        yield dict(zip(names, values, strict=True))


def _values(value: object, figures: Mapping[str, int]) -> Iterator[object]:
    if not isinstance(value, Mapping):
        yield value
    elif _FIGURE in value:
        yield figures.get(str(value[_FIGURE]))
    elif _CHOICES in value:
        for choice in value[_CHOICES]:
            yield from _values(choice, figures)
    else:
        yield from _choices(value, figures)


@cache
def figure_families() -> Mapping[str, FigureFamily]:
    """Return every family whose figures can become a configuration, by `model_type`."""
    data = files("neuroscale.catalogue_building").joinpath("data", "figure_families.json")
    table = json.loads(data.read_text(encoding="utf-8"))
    return {row["model_type"]: _family(row, table["field_names"]) for row in table["families"]}


def _family(row: dict[str, Any], common_names: Mapping[str, str]) -> FigureFamily:
    names = {**common_names, **row.get("field_names", {})}
    unused = row.get("unused_figures", [])
    return FigureFamily(
        model_type=row["model_type"],
        class_name=row["class_name"],
        field_names={figure: name for figure, name in names.items() if figure not in unused},
        text_field=row.get("text_field"),
        stated=row.get("stated", {}),
        stated_beside_text=row.get("stated_beside_text", {}),
        confirmed=tuple(
            ConfirmedFields(re.compile(given["repositories"]), given["stated"], given["source"])
            for given in row.get("confirmed", [])
        ),
        only_confirmed=row.get("only_confirmed", False),
        unconfirmed_context_tokens=row.get("unconfirmed_context_tokens"),
    )
