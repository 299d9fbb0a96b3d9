"""The accelerators that a pod asks for."""

from collections.abc import Sequence
from fractions import Fraction

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.container import Container, ResourceAmount
from neuroscale.manifests.device_claims import claimed_devices
from neuroscale.manifests.object import FieldPath, ManifestObject, format_field_path
from neuroscale.manifests.pod import Pod
from neuroscale.manifests.quantity import parse_quantity
from neuroscale.manifests.workload import AcceleratorRequest

# One unit is one whole device that one engine rank drives.
WHOLE_DEVICE_RESOURCES = frozenset(
    {
        "amd.com/gpu",
        "gpu.intel.com/i915",
        "gpu.intel.com/xe",
        "habana.ai/gaudi",
        "huawei.com/Ascend910",
        "intel.com/gpu",
        "nvidia.com/gpu",
    }
)
# One unit is a slice or a share of a device, or (TPU chips, Neuron devices) holds a number of cores that depends on
# the generation: the units do not say how many ranks fit.
OTHER_DEVICE_PREFIXES = (
    "amd.com/",
    "aws.amazon.com/neuron",
    "gpu.intel.com/",
    "google.com/tpu",
    "habana.ai/",
    "huawei.com/",
    "intel.com/gpu",
    "nvidia.com/gpu",
    "nvidia.com/mig-",
)


def accelerator_request(
    pod: Pod, engine: Container | None, namespace: str = "", context: Sequence[ManifestObject] = ()
) -> AcceleratorRequest | None:
    """Return what one pod asks for; None when it asks for no accelerator.

    The pod's total is what the scheduler reserves: all containers and sidecars together, or the largest
    initialization container where that is more. The kind of device is that of the engine's container.

    Args:
        pod: The pod.
        engine: The container that runs the engine; None looks at all containers alike.
        namespace: Namespace of the pod, for its resource claims.
        context: Objects among which the claims and their templates are looked up.

    Raises:
        InvalidInputError: An amount is not a quantity, or not a whole number of devices.
    """
    candidates = [*([engine] if engine is not None else []), *pod.containers]
    for container in candidates:
        names = sorted(name for name in _amounts(container) if is_accelerator(name))
        for name in names:
            if _devices(container, name) > 0:
                return _request(pod, container, name, engine)
    if pod.claims or any(container.claims for container in candidates):
        claiming = next((container for container in candidates if container.claims), None)
        path = (*claiming.path, "resources", "claims") if claiming else (*pod.path, "resourceClaims")
        devices = claimed_devices(pod, engine, namespace, context) if engine is not None else None
        if devices is None:
            return AcceleratorRequest("", None, path)
        return AcceleratorRequest("", devices.count, path, device_class=devices.device_class)
    return None


def unknown_where_absent(request: AcceleratorRequest | None, path: FieldPath) -> AcceleratorRequest:
    """Return a request for an object that another one completes: what it does not ask for, the other may."""
    return request if request is not None else AcceleratorRequest("", None, path)


def is_accelerator(resource_name: str) -> bool:
    """Whether a resource name is one of an accelerator, whole or shared."""
    return resource_name in WHOLE_DEVICE_RESOURCES or resource_name.startswith(OTHER_DEVICE_PREFIXES)


def _request(pod: Pod, container: Container, name: str, engine: Container | None) -> AcceleratorRequest:
    path = _amounts(container)[name].path or container.path
    if name not in WHOLE_DEVICE_RESOURCES:
        return AcceleratorRequest(name, None, path)
    running = sum(_devices(each, name) for each in pod.containers)
    sidecars = sum(_devices(each, name) for each in pod.initialization_containers if each.is_sidecar)
    starting = max((_devices(each, name) for each in pod.initialization_containers), default=0)
    count = max(running + sidecars, starting)
    own = 0 if engine is None else _devices(engine, name)
    return AcceleratorRequest(name, count, path, engine_count=own if 0 < own < count else None)


def _amounts(container: Container) -> dict[str, ResourceAmount]:
    # The API server refuses an extended resource whose request is not its limit; a lone limit is also the request.
    return {**container.requests, **container.limits}


def _devices(container: Container, name: str) -> int:
    amount = _amounts(container).get(name)
    if amount is None:
        return 0
    devices = parse_quantity(amount.amount)
    if devices is None or devices < 0 or devices.denominator != 1:
        path: FieldPath = amount.path or container.path
        raise InvalidInputError(
            f"{name} must be a whole number of devices, not {_shown(amount.amount, devices)}",
            field=format_field_path(path),
        )
    return int(devices)


def _shown(amount: object, devices: Fraction | None) -> str:
    return f'"{amount}"' if devices is not None or isinstance(amount, str) else "a value of another type"
