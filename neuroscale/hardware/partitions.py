"""Partitions of a device, as the name of their resource states them.

Source: NVIDIA, "Multi-Instance GPU User Guide", device names: a profile is called by its slices of compute and by
its memory, rounded up; NVIDIA k8s-device-plugin, resources `nvidia.com/mig-<profile>` of the strategy "mixed".
"""

import re

_GIBIBYTE = 2**30
# "1g.10gb", "1g.10gb.me" with media engines, "1c.3g.40gb" for one compute instance of three.
_PROFILE = re.compile(r"nvidia\.com/mig-(?:[1-7]c\.)?[1-7]g\.([0-9]{1,3})gb(?:[.-][a-z.-]{1,20})?")


def partition_memory_bytes(resource_name: str) -> int | None:
    """Return the most device memory that one partition can have; None for what is no partition of stated memory."""
    profile = _PROFILE.fullmatch(resource_name)
    return None if profile is None else int(profile[1]) * _GIBIBYTE
