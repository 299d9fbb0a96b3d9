"""What rules judge: a workload or an autoscaler, with every fact that is known about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.manifests.autoscaler import Autoscaler
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.workload import ServingWorkload


class ModelSource(Protocol):
    """Where architectures come from by repository name: the catalogue, a directory, or both."""

    def find(self, repository: str) -> ModelArchitecture | None:
        """Return the architecture of a repository, or None when it is not known."""


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """Everything around the objects under judgement; none of it is judged.

    Attributes:
        models: Source of architectures by repository name.
        context: Other objects: runtimes, presets, nodes, ConfigMaps, serving objects an autoscaler points at.
        kserve_version: Release of KServe in the cluster, e.g. "0.20.0"; None takes the newest known.
    """

    models: ModelSource
    context: Sequence[ManifestObject] = ()
    kserve_version: str | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """A serving workload under judgement.

    Attributes:
        workload: What the manifest says.
        architecture: What the model is; None when nothing is known about it.
        architecture_source: How the architecture is known: "profile", "catalogue" or "" when it is not.
        accelerators: Kinds the pod can land on, from its node labels or from the nodes; empty when unknown.
    """

    workload: ServingWorkload
    architecture: ModelArchitecture | None
    architecture_source: str
    accelerators: tuple[Accelerator, ...] = ()


@dataclass(frozen=True, slots=True)
class ScaledEndpoint:
    """An autoscaler under judgement.

    Attributes:
        autoscaler: What the manifest says.
        serving_object: The serving object whose pods it scales (or tries to), None when none is known.
        workloads: That object's workloads that run a language-model engine.
    """

    autoscaler: Autoscaler
    serving_object: ManifestObject | None
    workloads: tuple[ServingWorkload, ...] = ()


@dataclass(frozen=True, slots=True)
class ServingObject:
    """A whole serving object under judgement: its metadata beside the facts of the models it serves."""

    manifest: ManifestObject
    deployments: tuple[Deployment, ...] = ()


Subject = Deployment | ScaledEndpoint | ServingObject
