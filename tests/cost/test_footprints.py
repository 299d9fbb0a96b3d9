"""What models hold and compute with, from configurations and from labels."""

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.labels import architecture_labels
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.cost.footprint import ModelFootprint, footprint_of, footprint_of_labels


def model(repository: str) -> ModelArchitecture:
    """Return a model of the catalogue."""
    architecture = load_catalogue().find(repository)
    assert architecture is not None
    return architecture


def footprint(repository: str) -> ModelFootprint:
    """Return the footprint of a model of the catalogue."""
    found = footprint_of(model(repository))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("repository", "computing_parameters"),
    [
        # Untied: the input embedding is looked up. Published as 5.1 billion.
        ("openai/gpt-oss-120b", 5_132_849_472),
        ("Qwen/Qwen3-30B-A3B", 3_041_867_776),
        ("deepseek-ai/DeepSeek-V3", 36_625_603_584),
        # Tied: its rows are the output head. Published as 3.8 billion.
        ("google/gemma-4-26B-A4B", 3_822_530_560),
    ],
)
def test_what_multiplies_a_token_leaves_out_what_is_looked_up(repository: str, computing_parameters: int) -> None:
    assert footprint(repository).computing_parameters == computing_parameters


def test_a_dense_model_computes_with_all_that_it_reads() -> None:
    assert footprint("Qwen/Qwen3-32B").computing_share == 1


def test_a_mixture_reads_all_experts_and_computes_with_a_few() -> None:
    gemma = footprint("google/gemma-4-26B-A4B")

    assert float(gemma.computing_share) == pytest.approx(0.1515, abs=0.0001)
    assert gemma.flops(10) == 2 * 3_822_530_560 * 10


@pytest.mark.parametrize("repository", ["google/gemma-4-26B-A4B", "Qwen/Qwen3-32B", "openai/gpt-oss-120b"])
def test_labels_tell_the_same_as_far_as_they_are_rounded(repository: str) -> None:
    of_labels = footprint_of_labels(architecture_labels(model(repository)))

    assert of_labels is not None
    assert of_labels.is_rounded
    active = model(repository).active_parameters
    assert active is not None
    assert of_labels.computing_parameters == pytest.approx(active, rel=0.12)
    assert of_labels.is_mixture_of_experts == footprint(repository).is_mixture_of_experts


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"total-params": "25.2B"},
        {"active-param-ratio": "0.15"},
        {"total-params": "25.2", "active-param-ratio": "0.15"},
        {"total-params": "25.2B", "active-param-ratio": "0.00"},
        {"total-params": "25.2B", "active-param-ratio": "1.5"},
        {"total-params": "0B", "active-param-ratio": "1"},
        {"total-params": "9" * 5000 + "B", "active-param-ratio": "1"},
    ],
)
def test_labels_that_say_nothing_sound_are_no_footprint(labels: dict[str, str]) -> None:
    assert footprint_of_labels(labels) is None
