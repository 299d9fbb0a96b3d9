"""Probes as the kubelet gets them: as written, and as a runtime and an object write them together."""

import pytest

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.fields import Field, root
from neuroscale.manifests.probes import merge_probes, read_probes


def container(**fields: object) -> Field:
    return root(manifest_from_mapping({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, **fields}))


def test_what_is_not_written_has_the_defaults_of_kubernetes() -> None:
    probes = read_probes(container(livenessProbe={"httpGet": {"path": "/health", "port": "http"}}))
    assert set(probes) == {"livenessProbe"}
    assert probes["livenessProbe"].port == "http"
    assert probes["livenessProbe"].longest_start_seconds == 30


def test_an_engine_that_never_answers_lives_for_the_delay_and_all_the_failures() -> None:
    written = {"tcpSocket": {"port": 8000}, "initialDelaySeconds": 60, "periodSeconds": 5, "failureThreshold": 12}
    assert read_probes(container(startupProbe=written))["startupProbe"].longest_start_seconds == 120


def test_an_object_changes_a_runtime_probe_field_by_field() -> None:
    runtime = read_probes(
        container(startupProbe={"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 5})
    )
    override = read_probes(container(startupProbe={"failureThreshold": 60}))
    (probe,) = merge_probes(runtime, override).values()
    assert (probe.http_path, probe.port, probe.longest_start_seconds) == ("/health", 8080, 300)


def test_a_probe_that_only_the_runtime_writes_has_no_place_in_the_object() -> None:
    runtime = read_probes(container(startupProbe={"exec": {"command": ["true"]}}))
    assert merge_probes(runtime, {})["startupProbe"].path is None


def test_a_port_of_another_type_is_named() -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_probes(container(livenessProbe={"httpGet": {"path": "/health", "port": 8000.5}}))
    assert caught.value.field == "livenessProbe.httpGet.port"
