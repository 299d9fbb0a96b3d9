"""One module per family of models, which declares what it describes.

`FAMILIES` are models of one family, `COMPOSITES` those whose language model may be of any, and `LANGUAGE_MODELS`
families that occur only inside a composite.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import ModuleType

from neuroscale.architecture.composite import Composite
from neuroscale.architecture.decoder import Family


@cache
def families_by_model_type() -> Mapping[str, Family]:
    """Return every described family under each of its `model_type` values."""
    return {name: described for name, described in _described().items() if isinstance(described, Family)}


@cache
def composites_by_model_type() -> Mapping[str, Composite]:
    """Return every described composite, whose language model may be of any family, under each `model_type`."""
    return {name: described for name, described in _described().items() if isinstance(described, Composite)}


@cache
def language_models_by_model_type() -> Mapping[str, Family]:
    """Return every family that the language model of a composite may be of, under each `model_type`."""
    inner = {
        model_type: family
        for module in _modules()
        for family in getattr(module, "LANGUAGE_MODELS", ())
        for model_type in family.model_types
    }
    return {**inner, **families_by_model_type()}


@cache
def model_types_by_class() -> Mapping[str, str]:
    """Return the `model_type` that engines give to files without one, under the class that such files state."""
    return {
        class_name: family.model_types[0]
        for family in families_by_model_type().values()
        for class_name in family.classes_without_type
    }


def described_model_types() -> frozenset[str]:
    """Return every `model_type` whose parameters can be counted."""
    return frozenset(_described())


@cache
def _described() -> Mapping[str, Family | Composite]:
    described: dict[str, Family | Composite] = {}
    for module in _modules():
        for declared in _declared(module):
            for model_type in declared.model_types:
                if model_type in described:
                    raise ValueError(f"two families describe the model type {model_type!r}")
                described[model_type] = declared
    return described


@cache
def _modules() -> tuple[ModuleType, ...]:
    # Looked up once: a folder that is listed while a review waits would be I/O on the path of admission.
    return tuple(importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))


def _declared(module: ModuleType) -> tuple[Family | Composite, ...]:
    declared = (*getattr(module, "FAMILIES", ()), *getattr(module, "COMPOSITES", ()))
    if not declared:
        raise ValueError(f"{module.__name__} declares no family")
    return declared
