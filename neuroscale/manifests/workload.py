"""A serving workload: pods that run an engine, read from whatever object declares them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from neuroscale.engines.settings import ArgumentPosition, EngineSettings
from neuroscale.manifests.container import Container
from neuroscale.manifests.object import FieldPath, ManifestObject
from neuroscale.manifests.pod import Pod


@dataclass(frozen=True, slots=True)
class AcceleratorRequest:
    """Accelerators that one pod asks for.

    Attributes:
        resource_name: e.g. "nvidia.com/gpu"; "" when the pod claims devices through resourceClaims.
        count: Devices per pod; None when it cannot be known (MIG or shared resources, claims that are not at hand).
            For claims, those of the engine's container.
        path: Where it is written.
        engine_count: Devices of the engine's own container where other containers of the pod hold some too; None
            where the engine has them all.
        device_class: Class of the claimed devices, e.g. "gpu.nvidia.com"; "" for other requests, and where the
            claims do not state whole devices of one class.
    """

    resource_name: str
    count: int | None
    path: FieldPath
    engine_count: int | None = None
    device_class: str = ""

    @property
    def visible_to_engine(self) -> int | None:
        """Devices that the engine can use: containers of a pod do not share theirs."""
        return self.count if self.engine_count is None else self.engine_count


@dataclass(frozen=True, slots=True)
class ModelReference:
    """The model as the manifest names it: a repository ("org/name"), a URI or a path, and where."""

    text: str
    path: FieldPath

    @property
    def repository(self) -> str | None:
        """The hub repository ("org/name") when the reference names one, revision and scheme removed."""
        text = self.text.removeprefix("hf://")
        if "://" in text or text.startswith(("/", ".")):
            return None
        text = text.split(":", 1)[0].split("@", 1)[0].strip("/")
        return text if text.count("/") == 1 else None


@dataclass(frozen=True, slots=True)
class ControllerFault:
    """What the object's controller makes of a field, against what is written, though it accepts the object.

    Attributes:
        kind: "dropped": the field reaches no engine; "uneven": sizes are divided with a remainder that is lost;
            "no pods": the controller needs something that is not there.
        path: The field.
        message: What happens, in one line.
        fix: What to write instead, in one line.
    """

    kind: Literal["dropped", "uneven", "no pods"]
    path: FieldPath
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class ServingWorkload:
    """One group of equal engine pods of a serving object.

    Attributes:
        manifest: The object that declares it.
        part: "predictor", "worker", "prefill", ... : which part of the object.
        container_path: Path of the engine's container (or of the `model` block that becomes one).
        settings: What the engine is told; None when no known engine was recognised.
        model: What is loaded; None when the manifest does not say.
        accelerators: What one pod asks for; None when the pod asks for no accelerator.
        node_labels: Node labels that the pod requires (nodeSelector and required affinity with one value).
        node_label_choices: The values that the pod allows, for each node label that it restricts.
        pods_per_replica: Pods that together form one replica (multi-node); 1 for a single node.
        runtime_missing: Name of a ServingRuntime that the object needs and that was not given.
        unjudgeable: Why parts cannot be judged, one sentence each.
        option_paths: Where engine options are set that stand in no argument of the container, by canonical option:
            fields of the object from which a controller renders them.
        controller_faults: Where the controller does something else than the object says.
        container: The engine's container as it runs; None where a controller adds to it what is not known here.
        pod: The pod around it, under the same condition.
    """

    manifest: ManifestObject
    part: str
    container_path: FieldPath
    settings: EngineSettings | None
    model: ModelReference | None
    accelerators: AcceleratorRequest | None
    node_labels: Mapping[str, str] = field(default_factory=dict)
    node_label_choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pods_per_replica: int = 1
    runtime_missing: str | None = None
    unjudgeable: tuple[str, ...] = ()
    option_paths: Mapping[str, FieldPath] = field(default_factory=dict)
    controller_faults: tuple[ControllerFault, ...] = ()
    container: Container | None = None
    pod: Pod | None = None

    def option_path(self, option: str) -> FieldPath | None:
        """Return where the object sets an engine option; None when it does not, or a runtime or preset does."""
        position = self.settings.positions.get(option) if self.settings is not None else None
        if position is not None:
            return self.argument_path(position)
        return self.option_paths.get(option)

    def argument_path(self, position: ArgumentPosition) -> FieldPath:
        """Return the field at which an argument stands; the container when a runtime or a preset writes it."""
        if position.index < 0:
            return self.container_path
        return (*self.container_path, position.container_field, position.index)
