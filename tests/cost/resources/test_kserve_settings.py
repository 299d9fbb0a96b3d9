"""What a cluster's KServe gives to components that ask for nothing, by release and by configuration."""

import pytest

from neuroscale.cost.resources.kserve_settings import (
    KServeSettings,
    mode_name,
    read_kserve_settings,
    with_default_resources,
)
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.container import Container, ResourceAmount
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.object import ManifestObject

SHIPPED = {"cpu": "1", "memory": "2Gi"}
FULL = '{"resource": {"cpuLimit": "8", "cpuRequest": "4", "memoryLimit": "32Gi", "memoryRequest": "16Gi"}}'


def configuration(**data: str) -> ManifestObject:
    metadata = {"name": "inferenceservice-config", "namespace": "kserve"}
    return manifest_from_mapping({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


@pytest.mark.parametrize("release", [None, "0.13.0", "0.20.0"])
def test_without_a_configuration_at_hand_what_is_shipped_holds(release: str | None) -> None:
    settings = read_kserve_settings((), release)
    assert (settings.requests, settings.limits, settings.deployment_mode) == (SHIPPED, SHIPPED, None)


@pytest.mark.parametrize("release", [None, "0.15.0", "v0.20.0"])
def test_the_configuration_decides_since_it_can(release: str | None) -> None:
    settings = read_kserve_settings((configuration(inferenceService=FULL),), release)
    assert settings.requests == {"cpu": "4", "memory": "16Gi"}
    assert settings.limits == {"cpu": "8", "memory": "32Gi"}


def test_before_that_the_defaults_are_fixed() -> None:
    settings = read_kserve_settings((configuration(inferenceService=FULL),), "0.14.1")
    assert settings.requests == SHIPPED


@pytest.mark.parametrize(
    "text", ["{}", '{"resource": {}}', '{"resource": {"cpuRequest": "", "memoryRequest": null}}', "[]"]
)
def test_what_a_configuration_leaves_out_is_not_given(text: str) -> None:
    settings = read_kserve_settings((configuration(inferenceService=text),), "0.20.0")
    assert (settings.requests, settings.limits) == ({}, {})


@pytest.mark.parametrize(
    ("written", "mode"),
    [("Serverless", "Knative"), ("RawDeployment", "Standard"), ("Standard", "Standard"), ("", None)],
)
def test_the_configuration_names_the_mode_of_what_names_none(written: str, mode: str | None) -> None:
    deploy = f'{{"defaultDeploymentMode": "{written}"}}'
    assert read_kserve_settings((configuration(deploy=deploy),), None).deployment_mode == mode
    assert not written or mode_name(written) == mode


@pytest.mark.parametrize("section", ["deploy", "inferenceService"])
def test_a_configuration_that_is_no_json_is_refused_with_its_place(section: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_kserve_settings((configuration(**{section: "{not json"}),), "0.20.0")
    assert refused.value.field == f"ConfigMap inferenceservice-config: data.{section}"


def test_only_what_is_not_written_is_added() -> None:
    written = Container(
        ("spec",),
        requests={"cpu": ResourceAmount("3", ("spec",))},
        limits={"memory": ResourceAmount("24Gi", ("spec",))},
    )
    given = with_default_resources(written, KServeSettings(SHIPPED, SHIPPED))
    assert {name: amount.amount for name, amount in given.requests.items()} == {"cpu": "3", "memory": "2Gi"}
    assert {name: amount.amount for name, amount in given.limits.items()} == {"cpu": "1", "memory": "24Gi"}
