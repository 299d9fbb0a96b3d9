"""Volumes of a pod: what limits what may be written to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from neuroscale.manifests.container import Container, VolumeMount
from neuroscale.manifests.fields import Field
from neuroscale.manifests.object import FieldPath

VolumeKind = Literal["emptyDir", "ephemeral", "persistentVolumeClaim", "other"]


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume.

    Attributes:
        path: Where the object under reading writes it.
        kind: What it is; "other" holds what nobody writes to, or what is not limited by the pod.
        is_memory: Whether an emptyDir is kept in memory, and counts against the memory limit of who writes to it.
        size_limit: The emptyDir's `sizeLimit` as written; None without one.
    """

    path: FieldPath
    kind: VolumeKind
    is_memory: bool = False
    size_limit: object = None


def read_volumes(pod: Field) -> Mapping[str, Volume]:
    """Read the volumes of a pod specification by name.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type.
    """
    return MappingProxyType({
        element["name"].text() or "": _volume(element) for element in pod["volumes"].elements()
    })  # fmt: skip


def mount_at(container: Container, path: str) -> VolumeMount | None:
    """Return the mount under which a path lies; None where it is of the container's own file system."""
    below = f"{path.rstrip('/')}/"
    holders = [mount for mount in container.mounts if below.startswith(f"{mount.mount_path.rstrip('/')}/")]
    return max(holders, key=lambda mount: len(mount.mount_path.rstrip("/")), default=None)


def _volume(at: Field) -> Volume:
    empty = at["emptyDir"]
    if empty.is_written:
        return Volume(at.path, "emptyDir", empty["medium"].text() == "Memory", empty["sizeLimit"].value)
    kinds: tuple[VolumeKind, ...] = ("persistentVolumeClaim", "ephemeral")
    return Volume(at.path, next((kind for kind in kinds if at[kind].is_written), "other"))
