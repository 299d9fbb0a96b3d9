"""Labels of a serving object: the contract with cost tooling and policies."""

import re

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.labels import architecture_labels
from neuroscale.architecture.reader import read_architecture

LABEL_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


@pytest.mark.parametrize(
    ("repository", "labels"),
    [
        (
            "google/gemma-4-26B-A4B",
            {"model-architecture": "moe", "active-param-ratio": "0.15", "total-params": "25.2B"},
        ),
        (
            "openai/gpt-oss-120b",
            {"model-architecture": "moe", "active-param-ratio": "0.05", "total-params": "116.8B"},
        ),
        ("Qwen/Qwen3-8B", {"model-architecture": "dense", "active-param-ratio": "1.00", "total-params": "8.2B"}),
        ("Qwen/Qwen3-0.6B", {"model-architecture": "dense", "active-param-ratio": "1.00", "total-params": "596M"}),
    ],
)
def test_labels_of_known_models(repository: str, labels: dict[str, str]) -> None:
    architecture = load_catalogue().find(repository)
    assert architecture is not None
    assert architecture_labels(architecture) == labels


def test_labels_that_are_not_known_are_left_out() -> None:
    stated = {"model_type": "brand_new", "num_experts": 64, "num_experts_per_tok": 8}
    assert architecture_labels(read_architecture(stated)) == {"model-architecture": "moe"}
    assert architecture_labels(read_architecture({"model_type": "brand_new"})) == {}


def test_all_values_are_valid_label_values() -> None:
    catalogue = load_catalogue()
    for repository in catalogue.repositories():
        architecture = catalogue.find(repository)
        assert architecture is not None
        for value in architecture_labels(architecture).values():
            assert LABEL_VALUE.fullmatch(value)
