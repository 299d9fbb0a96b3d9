"""The accelerators we know, and which of them the labels of a node name."""

import json
from collections import Counter
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from neuroscale.errors import InvalidInputError
from neuroscale.hardware.catalogue import accelerator_by_name, accelerators_for_labels, load_accelerators

_PRODUCT = "nvidia.com/gpu.product"
_MEBIBYTE = 2**20


def _document(name: str) -> Any:
    return json.loads((files("neuroscale.hardware") / "data" / name).read_text(encoding="utf-8"))


def _names(labels: dict[str, str]) -> list[str]:
    return [accelerator.name for accelerator in accelerators_for_labels(labels)]


def test_the_data_file_keeps_to_its_schema() -> None:
    validator = Draft202012Validator(_document("accelerators.schema.json"))
    assert [error.message for error in validator.iter_errors(_document("accelerators.json"))] == []


def test_no_name_and_no_product_label_stands_for_two_accelerators() -> None:
    accelerators = _document("accelerators.json")["accelerators"]
    names = Counter(accelerator["name"] for accelerator in accelerators)
    products = Counter(
        value for accelerator in accelerators for label, value in accelerator["node_labels"] if label == _PRODUCT
    )
    assert [name for name, count in (names + products).items() if count > 1] == []


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ({_PRODUCT: "NVIDIA-H100-80GB-HBM3"}, ["h100-80gb-sxm"]),
        ({_PRODUCT: "Tesla-V100S-PCIE-32GB"}, ["v100s-32gb"]),
        ({_PRODUCT: "NVIDIA-L40S", "topology.kubernetes.io/zone": "a"}, ["l40s"]),
        ({"cloud.google.com/gke-accelerator": "nvidia-tesla-a100"}, ["a100-40gb-sxm"]),
        ({"cloud.google.com/gke-accelerator": "nvidia-h200-141gb"}, ["h200-141gb-sxm"]),
        ({"karpenter.k8s.aws/instance-gpu-name": "l4"}, ["l4"]),
        ({"amd.com/gpu.product-name": "AMD_Instinct_MI300X_OAM"}, ["mi300x"]),
        ({"node.kubernetes.io/instance-type": "p5.48xlarge"}, ["h100-80gb-sxm"]),
    ],
)
def test_a_label_names_an_accelerator(labels: dict[str, str], names: list[str]) -> None:
    assert _names(labels) == names


def test_an_ambiguous_label_names_every_candidate() -> None:
    assert _names({"karpenter.k8s.aws/instance-gpu-name": "a100"}) == ["a100-40gb-sxm", "a100-80gb-sxm"]


def test_labels_narrow_each_other() -> None:
    labels = {"karpenter.k8s.aws/instance-gpu-name": "a100", "node.kubernetes.io/instance-type": "p4de.24xlarge"}
    assert _names(labels) == ["a100-80gb-sxm"]


def test_an_unknown_instance_type_says_nothing() -> None:
    labels = {_PRODUCT: "NVIDIA-L4", "node.kubernetes.io/instance-type": "own-machine"}
    assert _names(labels) == ["l4"]
    assert _names({"node.kubernetes.io/instance-type": "own-machine"}) == []


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"kubernetes.io/hostname": "node-1"},
        {_PRODUCT: "NVIDIA-H100-80GB-HBM3-SHARED"},
        {_PRODUCT: "NVIDIA-A100-SXM4-80GB-MIG-1g.10gb"},
        {_PRODUCT: "NVIDIA-Z9000"},
        {_PRODUCT: "NVIDIA-L4", "nvidia.com/gpu.replicas": "4"},
        {
            "cloud.google.com/gke-accelerator": "nvidia-l4",
            "cloud.google.com/gke-gpu-sharing-strategy": "time-sharing",
        },
        {_PRODUCT: "NVIDIA-L4", "cloud.google.com/gke-accelerator": "nvidia-h100-80gb"},
        {_PRODUCT: "NVIDIA-A100-SXM4-80GB-MIG-1g.10gb", "node.kubernetes.io/instance-type": "p4de.24xlarge"},
    ],
)
def test_labels_that_name_no_whole_known_device_name_nothing(labels: dict[str, str]) -> None:
    assert _names(labels) == []


def test_the_reported_memory_replaces_the_upper_bound() -> None:
    [accelerator] = accelerators_for_labels({_PRODUCT: "NVIDIA-L4", "nvidia.com/gpu.memory": "23034"})
    assert accelerator.memory_bytes == 23034 * _MEBIBYTE
    assert accelerator.memory_bytes < accelerator_by_name("l4").memory_bytes


@pytest.mark.parametrize("reported", ["", "-1", "0", "24 GB", "٢٤"])
def test_a_memory_label_that_is_no_number_is_passed_over(reported: str) -> None:
    [accelerator] = accelerators_for_labels({_PRODUCT: "NVIDIA-L4", "nvidia.com/gpu.memory": reported})
    assert accelerator == accelerator_by_name("l4")


@pytest.mark.parametrize(
    ("name", "observed_mebibytes"),
    [
        ("t4", 14912),
        ("l40s", 46068),
        ("a100-80gb-sxm", 81152),
        ("h100-80gb-sxm", 81559),
        ("h200-141gb-sxm", 143771),
        ("b200-180gb", 183359),
        ("gb200-189gb", 189471),
        ("rtx-pro-6000-server", 97887),
    ],
)
def test_the_memory_is_no_less_than_a_process_was_ever_shown(name: str, observed_mebibytes: int) -> None:
    assert accelerator_by_name(name).memory_bytes >= observed_mebibytes * _MEBIBYTE


def test_an_unknown_name_lists_those_that_exist() -> None:
    with pytest.raises(InvalidInputError) as raised:
        accelerator_by_name("h100")
    assert raised.value.field == "accelerator"
    assert raised.value.fix is not None
    assert all(name in raised.value.fix for name in load_accelerators())


def test_a_link_is_stated_whole_or_not_at_all() -> None:
    for accelerator in load_accelerators().values():
        stated = {
            accelerator.interconnect is None,
            accelerator.interconnect_bytes_per_second is None,
            accelerator.interconnect_accelerators is None,
        }
        assert len(stated) == 1, accelerator.name
        # A link of its own is there because it is faster than PCIe.
        assert accelerator.interconnect_bytes_per_second is None or (
            accelerator.interconnect_bytes_per_second > accelerator.pcie_bytes_per_second
        )


def test_narrower_formats_are_never_slower() -> None:
    for accelerator in load_accelerators().values():
        peaks = (
            accelerator.bfloat16_flops or accelerator.float16_flops,
            accelerator.float8_flops,
            accelerator.float4_flops,
        )
        known = [peak for peak in peaks if peak is not None]
        assert known == sorted(known), accelerator.name
        assert known, accelerator.name


def test_peaks_are_without_sparsity() -> None:
    # Tensor cores of one generation do twice as much with half the bits; a figure with sparsity would show as four.
    for accelerator in load_accelerators().values():
        half, byte = accelerator.bfloat16_flops, accelerator.float8_flops
        assert half is None or byte is None or byte / half == pytest.approx(2, rel=0.02), accelerator.name


def test_links_are_those_of_the_data_sheets_in_one_direction() -> None:
    accelerators = load_accelerators()
    # 900 GB/s both ways of NVLink 4; seven links of 128 GB/s both ways of Infinity Fabric.
    assert accelerators["h100-80gb-sxm"].interconnect_bytes_per_second == 900e9 / 2
    assert accelerators["mi300x"].interconnect_bytes_per_second == 7 * 128e9 / 2
    assert accelerators["l40s"].interconnect is None
    assert accelerators["gb200-189gb"].interconnect_accelerators == 72
    assert accelerators["gb200-189gb"].accelerators_per_node == 4
