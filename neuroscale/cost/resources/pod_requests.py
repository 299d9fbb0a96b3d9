"""What the scheduler reserves for one pod.

Source: Kubernetes documentation, "Resource Management for Pods and Containers", "Init Containers" (effective
requests), "Sidecar Containers" and "Assign Pod-level CPU and memory resources".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.accelerators import is_accelerator
from neuroscale.manifests.container import Container, ResourceAmount
from neuroscale.manifests.device_claims import claimed_devices
from neuroscale.manifests.object import FieldPath, ManifestObject, format_field_path
from neuroscale.manifests.pod import Pod
from neuroscale.manifests.quantity import parse_quantity

# The largest number that a quantity may stand for.
_LARGEST_QUANTITY = 2**63 - 1
_PROCESSOR = "cpu"
_MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """Devices of one kind of resource that one pod asks for.

    Attributes:
        resource_name: The extended resource; "" for devices that are claimed.
        device_class: Class of claimed devices; "" for other requests, and where the claims do not state one.
        count: Devices, or shares of them; None where the claims do not state whole devices.
    """

    resource_name: str
    device_class: str
    count: Fraction | None


@dataclass(frozen=True, slots=True)
class PodRequests:
    """What is reserved for one pod.

    Attributes:
        processor_cores: CPU cores.
        memory_bytes: Host memory.
        devices: Accelerators, by resource.
        is_processor_open: Whether some container asks for no CPU, so that it may take more than is reserved.
        is_memory_open: The same of memory.
    """

    processor_cores: Fraction
    memory_bytes: Fraction
    devices: tuple[DeviceRequest, ...]
    is_processor_open: bool
    is_memory_open: bool


def pod_requests(
    pod: Pod, engine: Container | None, namespace: str = "", context: Sequence[ManifestObject] = ()
) -> PodRequests:
    """Return what is reserved for a pod: all containers and sidecars, or the largest initialization where more.

    A limit without a request is also the request.

    Args:
        pod: The pod as it runs.
        engine: The container whose device claims count; None takes the first that claims any.
        namespace: Namespace of the pod, for its resource claims.
        context: Objects among which the claims and their templates are looked up.

    Raises:
        InvalidInputError: An amount is no quantity, is negative, or is more than Kubernetes can hold.
    """
    containers = (*pod.containers, *pod.initialization_containers)
    for container in containers:
        _refuse_parts_of_devices(container)
    names = sorted({name for each in containers for name in _written(each) if is_accelerator(name)})
    devices = [DeviceRequest(name, "", count) for name in names if (count := _effective(pod, name)) > 0]
    return PodRequests(
        processor_cores=_effective(pod, _PROCESSOR),
        memory_bytes=_effective(pod, _MEMORY),
        devices=(*devices, *_claimed(pod, engine, namespace, context)),
        is_processor_open=_is_open(pod, _PROCESSOR),
        is_memory_open=_is_open(pod, _MEMORY),
    )


def quantity_of(value: object, path: FieldPath, name: str) -> Fraction:
    """Return the amount that a manifest writes.

    Raises:
        InvalidInputError: It is no quantity, is negative, or is more than Kubernetes can hold.
    """
    amount = parse_quantity(value)
    if amount is None or amount < 0:
        shown = f'"{str(value)[:60]}"' if isinstance(value, str | int | float) else "a value of another type"
        raise InvalidInputError(
            f"{name} must be a quantity of zero or more, not {shown}",
            field=format_field_path(path),
            fix='write e.g. "4", "500m" or "80Gi"',
        )
    if amount > _LARGEST_QUANTITY:
        raise InvalidInputError(
            f"{name} is larger than any quantity may be (2^63 - 1)", field=format_field_path(path)
        )
    return amount


def _refuse_parts_of_devices(container: Container) -> None:
    for name, amount in _written(container).items():
        if is_accelerator(name):
            path = amount.path or container.path
            if quantity_of(amount.amount, path, name).denominator != 1:
                raise InvalidInputError(
                    f'{name} must be a whole number of devices, not "{amount.amount}"',
                    field=format_field_path(path),
                )


def _effective(pod: Pod, name: str) -> Fraction:
    whole = pod.requests.get(name)
    if whole is not None:
        return quantity_of(whole.amount, whole.path or pod.path, name)
    running = sum((_requested(each, name) for each in pod.containers), start=Fraction(0))
    sidecars = Fraction(0)
    starting = Fraction(0)
    for container in pod.initialization_containers:
        amount = _requested(container, name)
        if container.is_sidecar:
            sidecars += amount
        starting = max(starting, sidecars if container.is_sidecar else sidecars + amount)
    effective = max(running + sidecars, starting)
    limit = pod.limits.get(name)
    if effective == 0 and limit is not None:
        return quantity_of(limit.amount, limit.path or pod.path, name)
    return effective


def _written(container: Container) -> Mapping[str, ResourceAmount]:
    return {**container.limits, **container.requests}


def _requested(container: Container, name: str) -> Fraction:
    amount = _written(container).get(name)
    return Fraction(0) if amount is None else quantity_of(amount.amount, amount.path or container.path, name)


def _is_open(pod: Pod, name: str) -> bool:
    if name in pod.requests or name in pod.limits:
        return False
    return any(name not in _written(each) for each in pod.containers)


def _claimed(
    pod: Pod, engine: Container | None, namespace: str, context: Sequence[ManifestObject]
) -> tuple[DeviceRequest, ...]:
    candidates = (*((engine,) if engine is not None else ()), *pod.containers)
    claiming = next((each for each in candidates if each.claims), None)
    if claiming is None:
        return (DeviceRequest("", "", None),) if pod.claims else ()
    devices = claimed_devices(pod, claiming, namespace, context)
    if devices is None:
        return (DeviceRequest("", "", None),)
    return (DeviceRequest("", devices.device_class, Fraction(devices.count)),)
