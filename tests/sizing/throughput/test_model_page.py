"""The page that tells how speeds are estimated states the constants that are used."""

from pathlib import Path

import pytest

from neuroscale.sizing.throughput import assumptions as constants

_PAGE = Path(__file__).parents[3] / "docs" / "throughput-model.md"


def _shares(shares: dict[constants.NumberFormat, float]) -> str:
    return ", ".join(str(share) for share in shares.values())


@pytest.mark.parametrize(
    ("row", "least", "prudent"),
    [
        ("Share of the memory bandwidth", "1", f"{constants.PRUDENT_BANDWIDTH_SHARE}"),
        ("Share of the peak, large products: 16, 8, 4 bits", "1", _shares(constants.PRUDENT_ARITHMETIC_SHARE)),
        ("The same of experts", "1", _shares(constants.PRUDENT_EXPERT_ARITHMETIC_SHARE)),
        ("Share of the peak, attention over prompts", "1", f"{constants.PRUDENT_ATTENTION_SHARE}"),
        (
            "Collective over NVLink",
            f"{constants.LEAST_COLLECTIVE_SECONDS * 1e6:g} µs",
            f"{constants.PRUDENT_LINK_COLLECTIVE_SECONDS * 1e6:g} µs",
        ),
        (
            "Collective over PCIe",
            f"{constants.LEAST_COLLECTIVE_SECONDS * 1e6:g} µs",
            f"{constants.PRUDENT_PCIE_COLLECTIVE_SECONDS * 1e6:g} µs",
        ),
        (
            "Share of NVLink, of PCIe among two, four, more",
            "1",
            (
                f"{constants.PRUDENT_LINK_SHARE}, {constants.PRUDENT_PCIE_PAIR_SHARE}, "
                f"{constants.PRUDENT_PCIE_FOUR_SHARE}, {constants.PRUDENT_PCIE_SHARE}"
            ),
        ),
        (
            "Network between nodes, per accelerator",
            f"{constants.MOST_NETWORK_BYTES_PER_SECOND / 1e9:g} GB/s",
            (
                f"{constants.PRUDENT_NETWORK_BYTES_PER_SECOND / 1e9:g} GB/s and "
                f"{constants.PRUDENT_NETWORK_COLLECTIVE_SECONDS * 1e6:g} µs"
            ),
        ),
        (
            "A layer's waits, dense",
            f"{constants.LEAST_LAYER_SECONDS * 1e6:g} µs",
            f"{constants.PRUDENT_LAYER_SECONDS * 1e6:g} µs",
        ),
        (
            "A layer's waits, with experts",
            f"{constants.LEAST_LAYER_SECONDS * 1e6:g} µs",
            f"{constants.PRUDENT_EXPERT_LAYER_SECONDS * 1e6:g} µs",
        ),
        (
            "More for latent attention, for an indexer",
            "0",
            (
                f"{constants.PRUDENT_LATENT_LAYER_SECONDS * 1e6:g}, "
                f"{constants.PRUDENT_INDEXED_LAYER_SECONDS * 1e6:g} µs"
            ),
        ),
        ("Any layer as a whole", f"{constants.LEAST_WHOLE_LAYER_SECONDS * 1e6:g} µs", ""),
        (
            "A layer launched kernel by kernel, dense, with experts",
            "",
            f"{constants.EAGER_LAYER_SECONDS * 1e3:g}, {constants.EAGER_EXPERT_LAYER_SECONDS * 1e3:g} ms",
        ),
        (
            "Scheduler and sampler, per step",
            f"{constants.LEAST_STEP_SECONDS * 1e3:g} ms",
            f"{constants.PRUDENT_STEP_SECONDS * 1e3:g} ms",
        ),
        (
            "Per prompt",
            f"{constants.LEAST_PROMPT_SECONDS * 1e3:g} ms",
            f"{constants.PRUDENT_PROMPT_SECONDS * 1e3:g} ms",
        ),
    ],
)
def test_the_page_states_every_constant(row: str, least: str, prudent: str) -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in _PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith(f"| {row} |")
    ]
    assert [cells[1:3] for cells in rows] == [[least, prudent]]
