"""One kind of accelerator, as a device plugin offers it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Accelerator:
    """An accelerator kind.

    Attributes:
        name: Our short name, e.g. "h100-80gb-sxm".
        vendor: "nvidia" or "amd".
        resource_name: Extended resource that requests one, e.g. "nvidia.com/gpu".
        compute_capability: CUDA compute capability, e.g. (8, 0); None for other vendors.
        memory_bytes: Device memory that a process can see at most; an upper bound where sources differ.
        memory_bandwidth_bytes_per_second: Peak device memory bandwidth.
        bfloat16_flops: Dense peak; None where the device has no such units.
        float8_flops: Dense peak; None where the device has no such units.
        float4_flops: Dense peak; None where the device has no such units.
        interconnect: Name of the link between accelerators, e.g. "NVLink 4"; None where they have PCIe alone.
        interconnect_bytes_per_second: Peak of the link per accelerator, one direction; None where they have PCIe
            alone.
        interconnect_accelerators: How many accelerators the link joins; None where they have PCIe alone.
        pcie_bytes_per_second: Peak of the accelerator's PCIe connection, one direction.
        accelerators_per_node: What nodes commonly hold at most.
        node_labels: Label and value pairs, any of which names this accelerator on a node.
        source: Where the figures come from.
        interconnect_source: Where those of the links come from.
        float16_flops: Dense peak; stated for devices without bfloat16 only, the peak of others is the same.
    """

    name: str
    vendor: str
    resource_name: str
    compute_capability: tuple[int, int] | None
    memory_bytes: int
    memory_bandwidth_bytes_per_second: int
    bfloat16_flops: int | None
    float8_flops: int | None
    float4_flops: int | None
    interconnect: str | None
    interconnect_bytes_per_second: int | None
    interconnect_accelerators: int | None
    pcie_bytes_per_second: int
    accelerators_per_node: int
    node_labels: tuple[tuple[str, str], ...]
    source: str
    interconnect_source: str
    float16_flops: int | None = None
