"""A cluster at one moment: what is to be judged, what is around it, and what could not be read."""

from collections.abc import Iterable
from dataclasses import dataclass

from neuroscale.cluster.audit import DEFAULT_KSERVE_NAMESPACE
from neuroscale.cluster.connection import ApiConnection, ApiStatusError
from neuroscale.cluster.listing import MissingResourceError, list_resource, read_object
from neuroscale.cluster.references import named_configuration_maps
from neuroscale.cluster.resources import (
    CONFIGURATION_MAPS,
    CONTEXT_RESOURCES,
    JUDGED_RESOURCES,
    LLM_PRESETS,
    ClusterResource,
)
from neuroscale.manifests.object import ManifestObject

_FORBIDDEN = 403
# A cluster has many of them, and nothing that is judged refers to one.
_NO_CONTEXT = frozenset({"Pod", "ReplicaSet", "DaemonSet", "Job", "CronJob"})


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects are judged.

    Attributes:
        namespaces: Their namespaces; empty for all, and then those of no namespace are judged too.
        label_selector: As kubectl takes it; "" for all. Their neighbours are known, but not judged.
        kinds: Their kinds; empty for all.
        kserve_namespace: Where KServe keeps its presets.
    """

    namespaces: tuple[str, ...] = ()
    label_selector: str = ""
    kinds: frozenset[str] = frozenset()
    kserve_namespace: str = DEFAULT_KSERVE_NAMESPACE


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was read.

    Attributes:
        selected: Objects to be judged.
        objects: All that is known, the selected ones among them.
        forbidden: Resources to be judged that may not be listed, each with a namespace or "".
        forbidden_context: Resources around them that may not be read, each with a namespace or "".
        missing: Resources to be judged whose kind is not installed.
        read_objects: How many objects of the judged kinds were looked at, those that run no engine included.
    """

    selected: tuple[ManifestObject, ...]
    objects: tuple[ManifestObject, ...]
    forbidden: tuple[tuple[ClusterResource, str], ...]
    forbidden_context: tuple[tuple[ClusterResource, str], ...]
    missing: tuple[ClusterResource, ...]
    read_objects: int


class _Reading:
    """What has been read so far, and what could not be."""

    def __init__(self, connection: ApiConnection) -> None:
        self.connection = connection
        self.objects: dict[tuple[str, str, str, str], ManifestObject] = {}
        self.forbidden: list[tuple[ClusterResource, str]] = []
        self.forbidden_context: list[tuple[ClusterResource, str]] = []
        self.missing: list[ClusterResource] = []
        self.read_objects = 0

    async def list(
        self, resource: ClusterResource, namespaces: Iterable[str], label_selector: str, *, is_judged: bool
    ) -> list[tuple[str, str, str, str]]:
        """List a resource in each namespace and return who its objects are."""
        names = []
        for namespace in namespaces if resource.is_namespaced else ("",):
            try:
                listed = await list_resource(self.connection, resource, namespace, label_selector)
            except MissingResourceError:
                if is_judged:
                    self.missing.append(resource)
                break
            except ApiStatusError as error:
                if error.status != _FORBIDDEN:
                    raise
                (self.forbidden if is_judged else self.forbidden_context).append((resource, namespace))
                continue
            if is_judged:
                self.read_objects += listed.read_objects
            for manifest in listed.objects:
                identity = (resource.group, resource.kind, manifest.namespace, manifest.name)
                self.objects.setdefault(identity, manifest)
                names.append(identity)
        return names

    async def read_configuration_maps(self) -> None:
        """Read the ConfigMaps that the objects name; where one is forbidden, those beside it are not asked for."""
        wanted = {
            (manifest.namespace, name)
            for manifest in self.objects.values()
            if manifest.namespace
            for name in named_configuration_maps(manifest)
        }
        refused: set[str] = set()
        for namespace, name in sorted(wanted):
            if namespace in refused:
                continue
            try:
                found = await read_object(self.connection, CONFIGURATION_MAPS, namespace, name)
            except ApiStatusError as error:
                if error.status != _FORBIDDEN:
                    raise
                refused.add(namespace)
                self.forbidden_context.append((CONFIGURATION_MAPS, namespace))
                continue
            if found is not None:
                self.objects["", "ConfigMap", namespace, name] = found


async def read_cluster(connection: ApiConnection, selection: Selection) -> Snapshot:
    """Read what is to be judged and what is around it.

    Raises:
        ApiStatusError: The API server refuses us altogether (401), the selector (400), or fails.
        aiohttp.ClientError, TimeoutError, OSError, ValueError: It could not be reached, or answered no JSON.
    """
    reading = _Reading(connection)
    selected: list[tuple[str, str, str, str]] = []
    namespaces = selection.namespaces or ("",)
    for resource in JUDGED_RESOURCES:
        is_wanted = not selection.kinds or resource.kind in selection.kinds
        if not is_wanted and resource.kind in _NO_CONTEXT:
            continue
        # A runtime of the whole cluster is not in the namespaces that were asked for, but shapes what is.
        is_judged = is_wanted and (resource.is_namespaced or not selection.namespaces)
        everything = await reading.list(resource, namespaces, "", is_judged=is_judged)
        if not is_judged:
            continue
        if selection.label_selector and everything:
            labelled = await reading.list(resource, namespaces, selection.label_selector, is_judged=False)
            known = frozenset(everything)
            selected += [identity for identity in labelled if identity in known]
        else:
            selected += everything
    for resource in CONTEXT_RESOURCES:
        around = namespaces
        if resource is LLM_PRESETS and selection.namespaces:
            around = tuple(dict.fromkeys((*namespaces, selection.kserve_namespace)))
        await reading.list(resource, around, "", is_judged=False)
    await reading.read_configuration_maps()
    return Snapshot(
        selected=tuple(reading.objects[identity] for identity in selected),
        objects=tuple(reading.objects.values()),
        forbidden=tuple(reading.forbidden),
        forbidden_context=tuple(reading.forbidden_context),
        missing=tuple(reading.missing),
        read_objects=reading.read_objects,
    )
