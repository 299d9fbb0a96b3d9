"""One module per family, named as the family's: `BUILDS` says how each type is drawn."""

import importlib
import pkgutil
from collections.abc import Mapping

from tests.architecture.model_builds.drawing import Builds


def builds_by_model_type() -> Mapping[str, Builds]:
    """Return how every model type is drawn.

    Raises:
        ValueError: Two modules declare one model type.
    """
    builds: dict[str, Builds] = {}
    for module in pkgutil.iter_modules(__path__):
        for model_type, declared in importlib.import_module(f"{__name__}.{module.name}").BUILDS.items():
            if model_type in builds:
                raise ValueError(f"two modules declare the builds of {model_type!r}")
            builds[model_type] = declared
    return builds
