"""What rules judge: a workload or an autoscaler, with every fact that is known about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from neuroscale.architecture.catalogue import CatalogueEntry
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.manifests.autoscaler import Autoscaler
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.workload import ServingWorkload
from neuroscale.rules.finding import MissingFact


class ModelSource(Protocol):
    """Where architectures come from by repository name: the catalogue, a directory, or both."""

    def find(self, repository: str) -> ModelArchitecture | None:
        """Return the architecture of a repository, or None when it is not known."""


@runtime_checkable
class ConfigurationSource(Protocol):
    """A source that also holds the configurations it read, so that an override of one can be applied."""

    def entry(self, repository: str) -> CatalogueEntry | None:
        """Return the configuration of a repository, or None when it is not known."""


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """Everything around the objects under judgement; none of it is judged.

    Attributes:
        models: Source of architectures by repository name.
        context: Other objects: runtimes, presets, nodes, ConfigMaps, serving objects an autoscaler points at.
        kserve_version: Release of KServe in the cluster, e.g. "0.20.0"; None takes the newest known.
        profile_keys: Keys whose signature makes a model profile believed; without one no signature can be
            verified, and every profile that contradicts nothing known is believed.
    """

    models: ModelSource
    context: Sequence[ManifestObject] = ()
    kserve_version: str | None = None
    profile_keys: tuple[Ed25519PublicKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Deployment:
    """A serving workload under judgement.

    Attributes:
        workload: What the manifest says.
        architecture: What the model is; None when nothing is known about it.
        architecture_source: How the architecture is known: "profile", "catalogue" or "" when it is not.
        accelerators: Kinds the pod can land on, from its node labels or from the nodes; empty when unknown.
        accelerators_source: How they are known: "node labels" (the pod asks for them: no other kind is possible),
            "nodes" (what the cluster has today; a node that joins later may differ) or "" when they are not.
        missing_architecture: Why the architecture is not known; None when it is, or when no model is named at all.
        doubts: What could not be read of the object, whichever rule needs it.
        profile_problem: Why the model profile on the object is not used, or what is said against the one that is;
            None when nothing is, or when there is none.
    """

    workload: ServingWorkload
    architecture: ModelArchitecture | None
    architecture_source: str
    accelerators: tuple[Accelerator, ...] = ()
    accelerators_source: str = ""
    missing_architecture: MissingFact | None = None
    doubts: tuple[MissingFact, ...] = ()
    profile_problem: MissingFact | None = None


@dataclass(frozen=True, slots=True)
class ScaledEndpoint:
    """An autoscaler under judgement.

    Attributes:
        autoscaler: What the manifest says.
        serving_object: The serving object whose pods it scales (or tries to), None when none is known.
        workloads: That object's workloads that serve, or may serve, a language model.
        deployments: The same, each with what is known about its model and accelerators.
        rivals: Other objects around it that scale the same target.
    """

    autoscaler: Autoscaler
    serving_object: ManifestObject | None
    workloads: tuple[ServingWorkload, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    rivals: tuple[ManifestObject, ...] = ()


@dataclass(frozen=True, slots=True)
class ServingObject:
    """A whole serving object under judgement: its metadata beside the facts of the models it serves."""

    manifest: ManifestObject
    deployments: tuple[Deployment, ...] = ()


@dataclass(frozen=True, slots=True)
class KnowledgeGap:
    """A fact that nothing states, and the rules it stopped.

    Attributes:
        manifest: The object that could not be judged wholly.
        fact: What is missing.
        rules: Identifiers of the rules that needed it, in order; empty when it stops reading, not one rule.
    """

    manifest: ManifestObject
    fact: MissingFact
    rules: tuple[str, ...] = ()


Subject = Deployment | ScaledEndpoint | ServingObject | KnowledgeGap
