"""The memory of a partition is read from the name of its resource, and guessed for nothing else."""

import pytest

from neuroscale.hardware.partitions import partition_memory_bytes


@pytest.mark.parametrize(
    ("resource_name", "gibibytes"),
    [
        ("nvidia.com/mig-1g.10gb", 10),
        ("nvidia.com/mig-1g.10gb.me", 10),
        ("nvidia.com/mig-3g.40gb", 40),
        ("nvidia.com/mig-7g.141gb", 141),
        ("nvidia.com/mig-1c.3g.20gb", 20),
        ("nvidia.com/mig-1g.5gb.shared", 5),
        ("nvidia.com/gpu", None),
        ("nvidia.com/gpu.shared", None),
        ("nvidia.com/mig-", None),
        ("nvidia.com/mig-8g.10gb", None),
        ("example.com/mig-1g.10gb", None),
    ],
)
def test_the_memory_of_a_partition(resource_name: str, gibibytes: int | None) -> None:
    assert partition_memory_bytes(resource_name) == (None if gibibytes is None else gibibytes * 2**30)
