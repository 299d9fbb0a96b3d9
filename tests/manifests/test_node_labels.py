"""The nodes that a pod can land on, by the labels it requires of them, and the accelerators these name."""

from typing import Any

import pytest

from neuroscale.hardware.catalogue import accelerators_for_label_choices
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.fields import root
from neuroscale.manifests.pod import Pod, read_pod

PRODUCT = "nvidia.com/gpu.product"
H100, L40S = "NVIDIA-H100-80GB-HBM3", "NVIDIA-L40S"


def pod(*terms: dict[str, list[str]], selector: dict[str, str] | None = None) -> Pod:
    """A pod whose required node affinity has these alternatives."""
    spec: dict[str, Any] = {"nodeSelector": selector or {}}
    if terms:
        alternatives = [
            {"matchExpressions": [{"key": key, "operator": "In", "values": values} for key, values in term.items()]}
            for term in terms
        ]
        required = {"nodeSelectorTerms": alternatives}
        spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    return read_pod(root(manifest_from_mapping({"apiVersion": "v1", "kind": "Pod", "spec": spec}))["spec"])


@pytest.mark.parametrize(
    ("read", "choices"),
    [
        (pod(selector={PRODUCT: H100}), {PRODUCT: (H100,)}),
        (pod({PRODUCT: [H100, L40S]}), {PRODUCT: (H100, L40S)}),
        (pod({PRODUCT: [H100]}, {PRODUCT: [L40S]}), {PRODUCT: (H100, L40S)}),
        (pod({PRODUCT: [H100]}, {"zone": ["a"]}), {}),
        (pod({PRODUCT: [H100, L40S]}, selector={PRODUCT: L40S}), {PRODUCT: (L40S,)}),
    ],
    ids=["selector", "values", "alternatives", "alternative-without-it", "selector-beside-affinity"],
)
def test_a_pod_allows_what_selector_and_affinity_allow_together(
    read: Pod, choices: dict[str, tuple[str, ...]]
) -> None:
    assert read.node_label_choices() == choices


@pytest.mark.parametrize(
    ("choices", "names"),
    [
        ({PRODUCT: (H100, L40S)}, {"h100-80gb-sxm", "l40s"}),
        ({PRODUCT: (H100, "NVIDIA-NEW")}, set()),
        ({PRODUCT: (H100, "NVIDIA-H100-80GB-HBM3-SHARED")}, set()),
        (
            {PRODUCT: (H100, L40S), "node.kubernetes.io/instance-type": ("p5.48xlarge", "p4d.24xlarge")},
            {"h100-80gb-sxm"},
        ),
        ({PRODUCT: (H100,), "node.kubernetes.io/instance-type": ("p5.48xlarge", "unheard-of")}, {"h100-80gb-sxm"}),
        ({"cloud.google.com/gke-accelerator": ("nvidia-l4", "nvidia-h100-80gb")}, {"l4", "h100-80gb-sxm"}),
        ({"eks.amazonaws.com/instance-gpu-name": ("h200",)}, {"h200-141gb-sxm"}),
        ({"node.kubernetes.io/instance-type": ("Standard_NC24ads_A100_v4",)}, {"a100-80gb-pcie"}),
        ({"node.kubernetes.io/instance-type": ("g2-standard-12", "g6.xlarge")}, {"l4"}),
        ({PRODUCT: (H100,), "nvidia.com/gpu.replicas": ("1", "4")}, set()),
        ({PRODUCT: (H100,), "cloud.google.com/gke-gpu-sharing-strategy": ("time-sharing", "mps")}, set()),
        ({"disk": ("ssd", "nvme")}, set()),
    ],
)
def test_labels_with_several_values_name_what_all_of_them_name(
    choices: dict[str, tuple[str, ...]], names: set[str]
) -> None:
    assert {accelerator.name for accelerator in accelerators_for_label_choices(choices)} == names


def test_a_reported_memory_counts_only_where_it_is_one() -> None:
    (one,) = accelerators_for_label_choices({PRODUCT: (H100,), "nvidia.com/gpu.memory": ("81559",)})
    (several,) = accelerators_for_label_choices({PRODUCT: (H100,), "nvidia.com/gpu.memory": ("81559", "40000")})
    assert one.memory_bytes == 81559 * 2**20
    assert several.memory_bytes == 80 * 2**30
