"""A pod specification: its containers, the accelerators it asks for, the nodes it requires."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from neuroscale.manifests.container import Container, ResourceAmount, read_amounts, read_container
from neuroscale.manifests.fields import Field
from neuroscale.manifests.object import FieldPath
from neuroscale.manifests.volumes import Volume, read_volumes


@dataclass(frozen=True, slots=True)
class PodClaim:
    """One entry of resourceClaims: a ResourceClaim, or the ResourceClaimTemplate that one is made from."""

    name: str
    path: FieldPath
    claim: str | None = None
    template: str | None = None


@dataclass(frozen=True, slots=True)
class ConfigurationMapFiles:
    """The files that a ConfigMap puts into a volume.

    Attributes:
        configuration_map: Its name.
        items: Path in the volume by key; None puts every key at a path of its own name.
    """

    configuration_map: str
    items: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Pod:
    """What a pod specification says about engines, devices and nodes.

    Attributes:
        path: Where the object under reading writes it.
        node_selector: Node labels the pod requires, by nodeSelector.
        affinity_terms: Required node affinity: one mapping of label to allowed values per alternative term, only
            from `In` expressions with values; None when no required node affinity is written.
        claims: The devices that the pod claims through resourceClaims, by the name its containers use.
        volumes: What each volume holds that comes from ConfigMaps, by the volume's name; others have nothing.
        storage: Every volume by name, as a place to write to.
        uses_host_network: Whether its ports are the node's.
        shares_host_memory: Whether `/dev/shm` is the node's (`hostIPC`).
        requests: What is reserved for the pod as a whole, where it is written beside the containers' own.
        limits: What the pod as a whole may take.
    """

    path: FieldPath
    containers: tuple[Container, ...] = ()
    initialization_containers: tuple[Container, ...] = ()
    node_selector: Mapping[str, str] = field(default_factory=dict)
    affinity_terms: tuple[Mapping[str, tuple[str, ...]], ...] | None = None
    claims: tuple[PodClaim, ...] = ()
    volumes: Mapping[str, tuple[ConfigurationMapFiles, ...]] = field(default_factory=dict)
    storage: Mapping[str, Volume] = field(default_factory=dict)
    uses_host_network: bool = False
    shares_host_memory: bool = False
    requests: Mapping[str, ResourceAmount] = field(default_factory=dict)
    limits: Mapping[str, ResourceAmount] = field(default_factory=dict)

    def node_labels(self) -> Mapping[str, str]:
        """Return the node labels that every node this pod can land on has.

        A label counts when nodeSelector names it, or when every alternative of the required node affinity allows
        one and the same single value for it.
        """
        terms = self.affinity_terms or ()
        common = {
            label: values[0]
            for label, values in (terms[0] if terms else {}).items()
            if len(values) == 1 and all(term.get(label) == values for term in terms)
        }
        return {**common, **self.node_selector}

    def node_label_choices(self) -> Mapping[str, tuple[str, ...]]:
        """Return the node labels for which every node this pod can land on has one of a few values, in order.

        A label counts when every alternative of the required node affinity restricts it, or nodeSelector names it.
        """
        terms = self.affinity_terms or ()
        shared = [label for label in (terms[0] if terms else {}) if all(label in term for term in terms)]
        choices = {
            label: tuple(dict.fromkeys(value for term in terms for value in term[label])) for label in shared
        }
        return {**choices, **{label: (value,) for label, value in self.node_selector.items()}}


def read_pod(at: Field) -> Pod:
    """Read a pod specification.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type.
    """
    return Pod(
        path=at.path,
        containers=tuple(read_container(element) for element in at["containers"].elements()),
        initialization_containers=tuple(read_container(element) for element in at["initContainers"].elements()),
        node_selector=_strings(at["nodeSelector"]),
        affinity_terms=_affinity_terms(at["affinity"]["nodeAffinity"]),
        claims=tuple(_claim(element) for element in at["resourceClaims"].elements()),
        volumes=dict(_volume(element) for element in at["volumes"].elements()),
        storage=read_volumes(at),
        uses_host_network=at["hostNetwork"].boolean(),
        shares_host_memory=at["hostIPC"].boolean(),
        requests=read_amounts(at["resources"]["requests"]),
        limits=read_amounts(at["resources"]["limits"]),
    )


def container_named(pod: Pod, name: str) -> Container | None:
    """Return the container of that name, None when the pod has none."""
    return next((container for container in pod.containers if container.name == name), None)


def _strings(at: Field) -> Mapping[str, str]:
    return {name: value.text() or "" for name, value in at.items()}


def _claim(at: Field) -> PodClaim:
    return PodClaim(
        at["name"].text() or "",
        at.path,
        claim=at["resourceClaimName"].text(),
        template=at["resourceClaimTemplateName"].text(),
    )


def _volume(at: Field) -> tuple[str, tuple[ConfigurationMapFiles, ...]]:
    sources = [at["configMap"], *(source["configMap"] for source in at["projected"]["sources"].elements())]
    files = tuple(_configuration_map_files(source) for source in sources if source.is_written)
    return at["name"].text() or "", files


def _configuration_map_files(at: Field) -> ConfigurationMapFiles:
    items = {item["key"].text() or "": item["path"].text() or "" for item in at["items"].elements()}
    return ConfigurationMapFiles(at["name"].text() or "", items or None)


def _affinity_terms(node_affinity: Field) -> tuple[Mapping[str, tuple[str, ...]], ...] | None:
    required = node_affinity["requiredDuringSchedulingIgnoredDuringExecution"]
    if not required.is_written:
        return None
    terms = []
    for term in required["nodeSelectorTerms"].elements():
        allowed: dict[str, tuple[str, ...]] = {}
        for expression in term["matchExpressions"].elements():
            label = expression["key"].text()
            values = tuple(text for text, _ in expression["values"].texts())
            if label is not None and expression["operator"].text() == "In" and values:
                allowed[label] = values
        terms.append(allowed)
    return tuple(terms)
