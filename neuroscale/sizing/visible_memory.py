"""How much of a device's memory a process sees."""

import math

from neuroscale.hardware.accelerator import Accelerator

# Drivers keep some memory for themselves. Seen by PyTorch: 79.11 of 80 GiB (H100), 79.15 of 80 (A100), 139.8 of 141
# (H200), 178.35 of 180 (B200), 94.97 of 96 (RTX PRO 6000).
_LEAST_SHARE = 0.988
# And 39.39 of 40 GiB (A100), 23.5 of 24 (A30, RTX 4090), 31.36 of 32 (RTX 5090), 15.77 of 16 (V100).
_LEAST_SHARE_OF_SMALLER = 0.979
_SMALLER_BYTES = 40 * 2**30
# GDDR memory whose error correction is on gives a sixteenth of its capacity to it: 22.0 of 24 GiB (L4, A10G), 44.4
# of 48 (L40S), 14.6 of 16 (T4). It is on by default on data-centre cards, and can be on for workstations.
_SHARE_BESIDE_ERROR_CORRECTION = 0.91
_WITH_INLINE_ERROR_CORRECTION = frozenset(
    {"t4", "a10", "a10g", "l4", "l40", "l40s", "a40", "rtx-a6000", "rtx-6000-ada"}
)


def least_visible_bytes(accelerator: Accelerator) -> int:
    """Return the memory that a process surely sees on a device nobody else uses."""
    if accelerator.name in _WITH_INLINE_ERROR_CORRECTION:
        share = _SHARE_BESIDE_ERROR_CORRECTION
    else:
        share = _LEAST_SHARE_OF_SMALLER if accelerator.memory_bytes <= _SMALLER_BYTES else _LEAST_SHARE
    return math.floor(accelerator.memory_bytes * share)
