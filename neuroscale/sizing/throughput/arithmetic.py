"""What multiplications take on an accelerator, in the formats that it has."""

from collections.abc import Iterable, Mapping

from neuroscale.hardware.accelerator import Accelerator
from neuroscale.sizing.throughput.assumptions import NumberFormat
from neuroscale.sizing.throughput.estimate import SecondsBounds
from neuroscale.sizing.throughput.rank_work import Arithmetic


def half_precision_flops(accelerator: Accelerator) -> int | None:
    """Return the dense peak in 16 bits; None where it is not known."""
    return accelerator.bfloat16_flops or accelerator.float16_flops


def arithmetic_seconds(
    arithmetic: Iterable[Arithmetic],
    accelerator: Accelerator,
    half_flops: float,
    prudent_share: Mapping[NumberFormat, float],
) -> SecondsBounds:
    """Return the time of matrix products for one token of many.

    At the least each is done at the peak of the narrowest format that its weights allow; at the most in the format
    that the engine falls back on where the device lacks it, at the given share of the peak.
    """
    optimistic = pessimistic = 0.0
    for each in arithmetic:
        optimistic += each.operations / _most_flops(each.fastest, accelerator, half_flops)
        flops, number_format = _certain_flops(each.slowest, accelerator, half_flops)
        pessimistic += each.operations / (flops * prudent_share[number_format])
    return SecondsBounds(optimistic, pessimistic)


def _most_flops(number_format: NumberFormat, accelerator: Accelerator, half_flops: float) -> float:
    if number_format == "half":
        return half_flops
    if number_format == "float4" and accelerator.float4_flops is not None:
        return accelerator.float4_flops
    # Devices without 8-bit floats multiply 8-bit integers at the same rate: twice that of 16 bits.
    return accelerator.float8_flops or 2 * half_flops


def _certain_flops(
    number_format: NumberFormat, accelerator: Accelerator, half_flops: float
) -> tuple[float, NumberFormat]:
    if number_format == "float4" and accelerator.float4_flops is not None:
        return accelerator.float4_flops, "float4"
    if number_format == "float8" and accelerator.float8_flops is not None:
        return accelerator.float8_flops, "float8"
    return half_flops, "half"
