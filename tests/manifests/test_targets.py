"""An autoscaler is traced to the serving object whose pods it scales."""

from dataclasses import replace

import pytest

from neuroscale.manifests.autoscaler import Autoscaler
from neuroscale.manifests.autoscaling import read_autoscalers
from neuroscale.manifests.created_names import child_name
from neuroscale.manifests.targets import serving_object_of
from tests.manifests.fixture_files import load, load_one

OBJECTS = (
    load_one("isvc-runtime.yaml"),
    load_one("isvc-canary.yaml"),
    load_one("llm-data-parallel.yaml"),
    *load("runtimes.yaml"),
)
SCALER = read_autoscalers(load("autoscalers.yaml")[0])[0]


def scaler(kind: str, name: str, api_version: str = "") -> Autoscaler:
    return replace(SCALER, target_kind=kind, target_name=name, target_api_version=api_version)


@pytest.mark.parametrize(
    ("kind", "name", "owner"),
    [
        ("Deployment", "mixtral-predictor", "mixtral"),
        ("Deployment", "mixtral-predictor-worker", "mixtral"),
        ("Deployment", "chat-blue-predictor", "chat"),
        ("Deployment", "chat-green-predictor", "chat"),
        ("Deployment", "deepseek-kserve", "deepseek"),
        ("Deployment", "deepseek-kserve-prefill", "deepseek"),
        ("LeaderWorkerSet", "deepseek-kserve-mn", "deepseek"),
        ("LeaderWorkerSet", "deepseek-kserve-mn-prefill", "deepseek"),
        ("InferenceService", "mixtral", "mixtral"),
        ("LLMInferenceService", "deepseek", "deepseek"),
    ],
)
def test_a_target_belongs_to_the_object_that_kserve_makes_it_for(kind: str, name: str, owner: str) -> None:
    found = serving_object_of(scaler(kind, name), OBJECTS)
    assert found is not None
    assert found.name == owner


@pytest.mark.parametrize(
    ("kind", "name", "api_version"),
    [
        ("Deployment", "mixtral", ""),
        ("Deployment", "chat-predictor", ""),
        ("StatefulSet", "mixtral-predictor", ""),
        ("InferenceService", "absent", ""),
        ("InferenceService", "mixtral", "machinelearning.example.org/v1"),
        ("Deployment", "vllm-predictor", ""),
    ],
)
def test_a_target_that_kserve_does_not_make_belongs_to_nothing(kind: str, name: str, api_version: str) -> None:
    assert serving_object_of(scaler(kind, name, api_version), OBJECTS) is None


def test_an_object_of_another_namespace_is_not_scaled() -> None:
    elsewhere = replace(SCALER, manifest=replace(SCALER.manifest, namespace="team-b"))
    assert serving_object_of(elsewhere, OBJECTS) is None


def test_an_object_without_a_namespace_lands_beside_the_autoscaler() -> None:
    unplaced = replace(load_one("isvc-runtime.yaml"), namespace="")
    assert serving_object_of(SCALER, (unplaced,)) is unplaced


def test_an_autoscaler_of_a_serving_objects_own_fields_belongs_to_it() -> None:
    service = load("isvc-autoscaling.yaml")[0]
    (autoscaler,) = read_autoscalers(service)
    assert serving_object_of(autoscaler, ()) is service


def test_a_long_name_is_shortened_with_a_digest() -> None:
    parent = "a" * 60
    assert child_name(parent, "-kserve") == "aaaaaaaaaaaaaaaaaaaaaaaacc7ed669cf88f201c3297c6a91e1d18d-kserve"
    assert len(child_name(parent, "-kserve")) == 63
    assert child_name("short", "-kserve") == "short-kserve"
