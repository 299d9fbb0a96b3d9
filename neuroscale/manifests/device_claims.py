"""Devices that a container claims through dynamic resource allocation, where the claims at hand state them.

Only what a claim states is read: an exact number of devices of a class that stands for whole accelerators.

Source: Kubernetes API `resource.k8s.io` v1beta1, v1beta2 and v1 (`DeviceRequest`; the number is 1 where none is
written), and the device classes that the drivers of NVIDIA and AMD install.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.container import Container
from neuroscale.manifests.fields import Field, root
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.pod import Pod, PodClaim

_GROUP = "resource.k8s.io"
# By the extended resource under which a device plugin would offer the same device.
RESOURCES_BY_DEVICE_CLASS: Mapping[str, str] = {"gpu.nvidia.com": "nvidia.com/gpu", "gpu.amd.com": "amd.com/gpu"}


@dataclass(frozen=True, slots=True)
class ClaimedDevices:
    """Whole accelerators of one device class that one container can use."""

    device_class: str
    count: int


def claimed_devices(
    pod: Pod, container: Container, namespace: str, context: Sequence[ManifestObject]
) -> ClaimedDevices | None:
    """Return the devices that a container claims; None where any of its claims does not state them.

    Args:
        pod: The pod, whose `resourceClaims` name the claims or their templates.
        container: The container, whose `resources.claims` pick among them.
        namespace: Namespace of the pod; "" when the manifest names none.
        context: Objects among which the claims and templates are looked up.
    """
    claims = {claim.name: claim for claim in pod.claims}
    devices: list[ClaimedDevices | None] = []
    for reference in container.claims:
        claim = claims.get(reference.name)
        found = _claim_object(claim, namespace, context) if claim is not None else None
        if found is None:
            return None
        try:
            devices.extend(_requested(found, reference.request))
        except InvalidInputError:
            # A fault of another object, which is not the one under reading.
            return None
    stated = [each for each in devices if each is not None]
    classes = {each.device_class for each in stated}
    if (
        not stated
        or len(stated) < len(devices)
        or len(classes) > 1
        or not classes <= RESOURCES_BY_DEVICE_CLASS.keys()
    ):
        return None
    return ClaimedDevices(stated[0].device_class, sum(each.count for each in stated))


def _claim_object(claim: PodClaim, namespace: str, context: Sequence[ManifestObject]) -> Field | None:
    kind, name = ("ResourceClaim", claim.claim) if claim.claim else ("ResourceClaimTemplate", claim.template)
    for each in context:
        if each.kind != kind or each.name != name or each.api_group != _GROUP:
            continue
        if each.namespace == namespace or not each.namespace or not namespace:
            spec = root(each)["spec"]
            return spec if claim.claim else spec["spec"]
    return None


def _requested(specification: Field, chosen: str | None) -> Iterator[ClaimedDevices | None]:
    requests = specification["devices"]["requests"].elements()
    for request in requests:
        if chosen is not None and request["name"].text() != chosen:
            continue
        # v1beta1 writes the fields in the request itself.
        exactly = request["exactly"] if request["exactly"].is_written else request
        device_class = exactly["deviceClassName"].text()
        mode = exactly["allocationMode"].text() or "ExactCount"
        is_exact = mode == "ExactCount" and not exactly["adminAccess"].boolean()
        count = exactly["count"].integer()
        if device_class is None or not is_exact or request["firstAvailable"].is_written or (count or 1) < 1:
            yield None
        else:
            yield ClaimedDevices(device_class, count or 1)
