"""LLMInferenceService baseRefs: the LLMInferenceServiceConfig objects that are laid under an object.

Source: KServe v0.20.0, `pkg/controller/v1alpha2/llmisvc/config_merge.go`: the specifications are merged in the
order of the references, the object's own last, as strategic merge patches.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neuroscale.manifests.fields import Field
from neuroscale.manifests.object import ManifestObject

# Lists whose elements Kubernetes merges by name; every other list is replaced as a whole.
_NAMED_LISTS = frozenset({"containers", "initContainers", "env", "volumes"})


@dataclass(frozen=True, slots=True)
class ReferencedSpecification:
    """A specification with its bases merged in.

    Attributes:
        field: The merged specification; what the object itself writes keeps its path.
        missing: Names of bases that were not given, or that hold no specification.
    """

    field: Field
    missing: tuple[str, ...] = ()


def merge_base_references(spec: Field, context: Sequence[ManifestObject]) -> ReferencedSpecification:
    """Return the specification of an LLMInferenceService over the configurations it names.

    Args:
        spec: `spec` of the object.
        context: Objects among which the configurations are looked up, those of the object's namespace first.

    Raises:
        InvalidInputError: `baseRefs` is not a list of named references.
    """
    names = [name for name in (each["name"].text() for each in spec["baseRefs"].elements()) if name]
    merged: Mapping[str, Any] = {}
    missing = []
    for name in names:
        base = _specification(name, spec.manifest.namespace, context)
        if base is None:
            missing.append(name)
        else:
            merged = merge(merged, base)
    return ReferencedSpecification(
        Field(spec.manifest, spec.path, merge(merged, spec.mapping())) if names else spec, tuple(missing)
    )


def merge(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a strategic merge of two parts of a pod-carrying specification.

    The elements of a list merged by name stand in the overlay's order, so that their indices stay its own; those of
    the base alone follow.
    """
    merged = dict(base)
    for name, value in overlay.items():
        below = base.get(name)
        if value is None:
            continue
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[name] = merge(below, value)
        elif name in _NAMED_LISTS and isinstance(value, list) and isinstance(below, list):
            merged[name] = _merge_named(below, value)
        else:
            merged[name] = value
    return merged


def _merge_named(base: list[Any], overlay: list[Any]) -> list[Any]:
    bases = {element["name"]: element for element in base if _is_named(element)}
    merged = [
        merge(bases.pop(element["name"]), element) if _is_named(element) and element["name"] in bases else element
        for element in overlay
    ]
    return [*merged, *bases.values()]


def _is_named(element: object) -> bool:
    return isinstance(element, Mapping) and isinstance(element.get("name"), str)


def _specification(name: str, namespace: str, context: Sequence[ManifestObject]) -> Mapping[str, Any] | None:
    found = [each for each in context if each.kind == "LLMInferenceServiceConfig" and each.name == name]
    own = [each for each in found if each.namespace == namespace]
    for each in (*own, *found):
        spec = each.body.get("spec")
        if isinstance(spec, Mapping):
            return spec
    return None
