"""One module per family of models; a module declares `FAMILIES`, the tuple of what it describes."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from neuroscale.architecture.decoder import Family


@cache
def families_by_model_type() -> Mapping[str, Family]:
    """Return every described family under each of its `model_type` values."""
    families: dict[str, Family] = {}
    for module in pkgutil.iter_modules(__path__):
        for family in importlib.import_module(f"{__name__}.{module.name}").FAMILIES:
            for model_type in family.model_types:
                if model_type in families:
                    raise ValueError(f"two families describe the model type {model_type!r}")
                families[model_type] = family
    return families
