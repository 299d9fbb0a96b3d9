"""The file in which a platform states its prices, and every way in which it can be wrong."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft7Validator, ValidationError
from jsonschema.exceptions import best_match

from neuroscale.errors import InvalidInputError
from neuroscale.hardware.catalogue import load_accelerators
from neuroscale.manifests.object import format_field_path
from neuroscale.manifests.platform_file import read_platform_document
from neuroscale.prices.price import COMMITMENTS, DEFAULT_COMMITMENT, AcceleratorPrice, PriceBook
from neuroscale.suggestions import closest_names

CONFIG_MAP_KEY = "price-book.yaml"
_HEAD_FIELDS = ("neuroscale.dev/v1alpha1", "PriceBook")
_HEAD = "begin it with apiVersion: neuroscale.dev/v1alpha1 and kind: PriceBook"
_MONEY_FIX = "write a number above zero, such as 2.95, without a currency sign"
_MONEY_FIELDS = frozenset({"perHour", "cpuCorePerHour", "memoryGiBPerHour"})


def read_price_book(content: str, source: str) -> PriceBook:
    """Read the prices of a platform from YAML or JSON.

    Prices become decimals of exactly the digits that are written, whether they are quoted or not.

    Args:
        content: One document: a PriceBook, or a ConfigMap with one under the key `price-book.yaml`.
        source: Its name, for messages.

    Raises:
        UnreadableInputError: The text is not YAML, or not one document.
        InvalidInputError: A field is unknown, missing or wrong; names it and says what to write.
    """
    document, source = read_platform_document(content, source, what="price book", key=CONFIG_MAP_KEY, head=_HEAD)
    if not isinstance(document, dict) or (document.get("apiVersion"), document.get("kind")) != _HEAD_FIELDS:
        raise InvalidInputError("is not a PriceBook", field=source, fix=_HEAD)
    violation = best_match(_validator().iter_errors(document), key=_relevance)
    if violation is not None:
        raise _explained(violation, source)
    return PriceBook(
        currency=document["currency"],
        accelerators=tuple(_prices(document["accelerators"], source)),
        processor_per_hour=_stated_price(document, "cpuCorePerHour", source),
        memory_gibibyte_per_hour=_stated_price(document, "memoryGiBPerHour", source),
    )


@cache
def _validator() -> Draft7Validator:
    schema = json.loads((files("neuroscale.prices") / "data" / "price_book.schema.json").read_text("utf-8"))
    return Draft7Validator(schema)


def _prices(written: list[Mapping[str, Any]], source: str) -> Iterator[AcceleratorPrice]:
    stated: dict[tuple[str, str | None, str], int] = {}
    for index, entry in enumerate(written):
        place = f"{source}: accelerators[{index}]"
        price = AcceleratorPrice(
            accelerator=_known_accelerator(entry["accelerator"], f"{place}.accelerator"),
            per_hour=_price(entry["perHour"], f"{place}.perHour"),
            region=entry.get("region"),
            commitment=entry.get("commitment", DEFAULT_COMMITMENT),
        )
        before = stated.setdefault((price.accelerator, price.region, price.commitment), index)
        if before != index:
            raise InvalidInputError(
                f"states the {price.commitment} price of {price.accelerator} "
                f"{f'in {price.region}' if price.region else 'everywhere'} again",
                field=place,
                fix=f"it is stated by accelerators[{before}] already: keep one of the two",
            )
        yield price


def _known_accelerator(name: str, field: str) -> str:
    known = load_accelerators()
    if name in known:
        return name
    near = closest_names(name, list(known))
    raise InvalidInputError(
        f"unknown accelerator {name!r}",
        field=field,
        fix=f"did you mean {' or '.join(near)}?" if near else f"use one of: {', '.join(known)}",
    )


def _stated_price(document: Mapping[str, Any], field: str, source: str) -> Decimal | None:
    return _price(document[field], f"{source}: {field}") if field in document else None


def _price(written: str | float, field: str) -> Decimal:
    """Return a price; a float is written back first, which gives the digits that were read."""
    amount = Decimal(str(written))
    if amount <= 0:
        raise InvalidInputError("must be above zero", field=field, fix=_MONEY_FIX)
    return amount


def _relevance(violation: ValidationError) -> tuple[int, int]:
    """Rank what a document is above what its fields are, and a misspelt field above one that is missing for it."""
    return -len(violation.path), {"additionalProperties": 2, "required": 1}.get(str(violation.validator), 0)


def _explained(violation: ValidationError, source: str) -> InvalidInputError:
    path = format_field_path(tuple(violation.absolute_path))
    place = f"{source}: {path}" if path else source
    value: Any = violation.instance
    schema: Mapping[str, Any] = violation.schema if isinstance(violation.schema, dict) else {}
    last = violation.absolute_path[-1] if violation.absolute_path else None
    if last in _MONEY_FIELDS:
        return InvalidInputError(f"{_shown(value)} is no price", field=place, fix=_MONEY_FIX)
    match violation.validator:
        case "required":
            missing = next(name for name in schema["required"] if name not in value)
            meaning = schema["properties"][missing]["description"]
            return InvalidInputError(
                "is required", field=f"{place}{'.' if path else ': '}{missing}", fix=f"write {meaning}"
            )
        case "additionalProperties":
            known = list(schema["properties"])
            unknown = next(name for name in value if name not in known)
            near = closest_names(unknown, known, 1)
            return InvalidInputError(
                "unknown field",
                field=f"{place}{'.' if path else ': '}{unknown[:60]}",
                fix=f"did you mean {near[0]}?" if near else f"the fields are {', '.join(known)}",
            )
        case "enum":
            return InvalidInputError(
                f"{_shown(value)} is no commitment", field=place, fix=f"write one of: {', '.join(COMMITMENTS)}"
            )
        case "minItems" | "maxItems":
            return InvalidInputError(f"states {len(value)} prices", field=place, fix="state at least one price")
        case "pattern" | "minLength" | "maxLength":
            return InvalidInputError(
                f"{_shown(value)} is not what belongs here", field=place, fix=f"write {schema['description']}"
            )
        case _:
            names = {"object": "a mapping", "array": "a list", "string": "a string"}
            wanted = names.get(str(violation.validator_value), str(violation.validator_value))
            fix = "quote it" if wanted == "a string" and isinstance(value, int | float) else None
            return InvalidInputError(f"must be {wanted}, not {_shown(value)}", field=place, fix=fix)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else json.dumps(value, ensure_ascii=False)[:60]
