"""Changes of an object that certainly repair a violation: made only where the object itself writes what is wrong.

What a serving runtime, a shell script or a preset writes stands elsewhere, and no patch of this object reaches it.
"""

import re

from neuroscale.engines.settings import ArgumentPosition
from neuroscale.manifests.container import WRITTEN_ELSEWHERE
from neuroscale.manifests.object import FieldPath, ManifestObject
from neuroscale.manifests.workload import ServingWorkload
from neuroscale.rules.finding import PatchOperation

# Kubernetes, "Labels and Selectors": what a label's value may be; an empty one says nothing.
_LABEL_VALUE = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


def written_value(manifest: ManifestObject, path: FieldPath) -> object:
    """Return what the object holds at a path, None when it writes nothing there."""
    value: object = manifest.body
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def argument_path(workload: ServingWorkload, position: ArgumentPosition, texts: frozenset[str]) -> FieldPath | None:
    """Return the field of an argument if the object itself writes one of these texts there, else None."""
    if position.index == WRITTEN_ELSEWHERE:
        return None
    path = (*workload.container_path, position.container_field, position.index)
    written = written_value(workload.manifest, path)
    return path if isinstance(written, str) and written in texts else None


def set_label(manifest: ManifestObject, label: str, value: str) -> tuple[PatchOperation, ...]:
    """Return the patch that writes a label of an object that has labels; none for what is no label's value."""
    if _LABEL_VALUE.fullmatch(value) is None or not isinstance(
        written_value(manifest, ("metadata", "labels")), dict
    ):
        return ()
    path = ("metadata", "labels", label)
    return (PatchOperation("replace" if label in manifest.labels else "add", path, value),)


def remove_option(workload: ServingWorkload, option: str) -> tuple[PatchOperation, ...]:
    """Return the patch that removes an engine option with its value; none unless the object writes it just once."""
    settings = workload.settings
    position = settings.positions.get(option) if settings is not None else None
    if settings is None or position is None or position.index == WRITTEN_ELSEWHERE:
        return ()
    container = (*workload.container_path, position.container_field)
    written = written_value(workload.manifest, container)
    if not isinstance(written, list) or not all(isinstance(text, str) for text in written):
        return ()
    places = [index for index, text in enumerate(written) if text.partition("=")[0].replace("_", "-") == option]
    if places != [position.index]:
        return ()
    index = position.index
    if "=" in written[index]:
        return (PatchOperation("remove", (*container, index)),)
    if written[index + 1 : index + 2] != [settings.options.get(option)]:
        return ()
    # The second operation meets the array without the value.
    return (PatchOperation("remove", (*container, index + 1)), PatchOperation("remove", (*container, index)))
