"""What joins the ranks of a group, and what their collectives take."""

import pytest

from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.sizing.throughput.assumptions import (
    LEAST_COLLECTIVE_SECONDS,
    MOST_NETWORK_BYTES_PER_SECOND,
    PRUDENT_LINK_COLLECTIVE_SECONDS,
)
from neuroscale.sizing.throughput.collectives import all_reduce_seconds, exchange_seconds, link_between


@pytest.mark.parametrize(
    ("name", "ranks", "bytes_per_second"),
    [
        ("h100-80gb-sxm", 8, 450e9),
        ("h100-80gb-sxm", 16, MOST_NETWORK_BYTES_PER_SECOND),
        ("h100-94gb-nvl", 2, 300e9),
        ("h100-94gb-nvl", 4, 64e9),
        ("l40s", 4, 32e9),
        ("l40s", 16, MOST_NETWORK_BYTES_PER_SECOND),
        # Nodes hold four, but the link joins a rack.
        ("gb200-189gb", 64, 900e9),
        ("gb200-189gb", 128, MOST_NETWORK_BYTES_PER_SECOND),
    ],
)
def test_a_group_is_joined_by_the_link_as_far_as_it_reaches(name: str, ranks: int, bytes_per_second: float) -> None:
    assert link_between(accelerator_by_name(name), ranks).most_bytes_per_second == bytes_per_second


def test_one_rank_communicates_with_nobody() -> None:
    link = link_between(accelerator_by_name("h100-80gb-sxm"), 1)
    assert all_reduce_seconds(link, 1, 1e9).pessimistic_seconds == 0
    assert exchange_seconds(link, 1, 1e9, 1e9).pessimistic_seconds == 0


def test_a_small_all_reduce_costs_its_latency() -> None:
    link = link_between(accelerator_by_name("h100-80gb-sxm"), 8)
    seconds = all_reduce_seconds(link, 8, 8192)
    assert seconds.optimistic_seconds == pytest.approx(LEAST_COLLECTIVE_SECONDS, rel=0.01)
    assert seconds.pessimistic_seconds == pytest.approx(PRUDENT_LINK_COLLECTIVE_SECONDS, rel=0.01)


def test_a_large_all_reduce_is_the_traffic_of_a_ring() -> None:
    # 256 MiB on eight H100: 2 x 7/8 of the message over 450 GB/s is 1.04 ms at the peak; measured is 1.09 ms.
    message = 2**28
    seconds = all_reduce_seconds(link_between(accelerator_by_name("h100-80gb-sxm"), 8), 8, message)
    ring = 2 * 7 / 8 * message / 450e9
    assert seconds.optimistic_seconds < ring < seconds.pessimistic_seconds
    assert seconds.optimistic_seconds < 1.09e-3 < seconds.pessimistic_seconds


@pytest.mark.parametrize(
    ("name", "ranks", "message_bytes", "measured_seconds"),
    [
        ("a100-80gb-sxm", 4, 2**23, 112.5e-6),
        ("a100-80gb-sxm", 8, 2**28, 2176e-6),
        ("h100-80gb-sxm", 2, 2**14, 2.8e-6),
        ("h100-80gb-sxm", 8, 2**23, 50.7e-6),
        ("b200-180gb", 8, 2**28, 715e-6),
        ("b200-180gb", 4, 2**14, 7.4e-6),
        ("l40s", 2, 2**28, 13373e-6),
        ("l40s", 4, 2**28, 78355e-6),
        ("l40s", 8, 2**28, 214245e-6),
        ("rtx-pro-6000-server", 4, 2**28, 13617e-6),
        ("rtx-pro-6000-server", 8, 2**26, 5067e-6),
    ],
)
def test_measured_all_reduces_are_in_the_range(
    name: str, ranks: int, message_bytes: int, measured_seconds: float
) -> None:
    # aiconfigurator-core 0.12.0: fastest of vLLM 0.24.0 or 0.14.0, TensorRT-LLM and NCCL 2.29.2, 16-bit elements.
    seconds = all_reduce_seconds(link_between(accelerator_by_name(name), ranks), ranks, message_bytes)
    assert seconds.optimistic_seconds <= measured_seconds <= seconds.pessimistic_seconds
