"""One module per kind of tower; a module declares `TOWERS`, the tuple of what it describes."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from neuroscale.architecture.tower import Tower


@cache
def towers_by_model_type() -> Mapping[str, Tower]:
    """Return every described tower under each of its `model_type` values."""
    towers: dict[str, Tower] = {}
    for module in pkgutil.iter_modules(__path__):
        for tower in importlib.import_module(f"{__name__}.{module.name}").TOWERS:
            for model_type in tower.model_types:
                if model_type in towers:
                    raise ValueError(f"two towers describe the model type {model_type!r}")
                towers[model_type] = tower
    return towers
