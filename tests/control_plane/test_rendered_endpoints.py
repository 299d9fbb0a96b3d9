"""Every kind of endpoint that is rendered, before the schemas of a real API server: nothing is unknown to it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.endpoint import render_endpoint
from neuroscale.manifests.rendering.request import ROUTERS, EndpointRequest, Router
from tests.rendering.endpoints import LABELS, engine_of_a_group, engine_of_one_pod, gemma_request
from tests.rigs.control_plane.kubectl import Kubectl

pytestmark = pytest.mark.control_plane


@pytest.fixture(scope="module")
def namespace(kubectl: Kubectl) -> Iterator[str]:
    """The namespace of the request."""
    kubectl.must("create", "namespace", "team-a")
    yield "team-a"
    kubectl.must("delete", "namespace", "team-a", "--wait=false")


def applied(kubectl: Kubectl, directory: Path, request: EndpointRequest, engine: EngineDeployment) -> list[str]:
    """Apply an endpoint with strict validation and return what was created; nothing may be warned of."""
    for file in render_endpoint(request, engine, LABELS):
        (directory / file.path).write_text(file.content, encoding="utf-8")
    answer = kubectl.must("apply", "--server-side", "--validate=strict", "--kustomize", directory)
    assert answer.stderr == ""
    return [line.split()[0].split(".")[0] for line in answer.stdout.splitlines()]


@pytest.mark.usefixtures("namespace")
@pytest.mark.parametrize("router", ROUTERS)
def test_an_endpoint_of_one_pod_is_stored_as_either_kind(kubectl: Kubectl, tmp_path: Path, router: Router) -> None:
    beside = ["poddisruptionbudget", "podmonitor", "prometheusrule", "scaledobject"]
    request = replace(gemma_request(), name=f"one-{router}", router=router)
    assert sorted(applied(kubectl, tmp_path, request, engine_of_one_pod())) == ["inferenceservice", *beside]
    other = tmp_path / "other"
    other.mkdir()
    request = replace(request, name=f"llm-{router}", kind="llm-inference-service")
    assert sorted(applied(kubectl, other, request, engine_of_one_pod())) == ["llminferenceservice", *beside]


@pytest.mark.usefixtures("namespace")
@pytest.mark.parametrize("release", ["0.17.0", "0.20.0"])
def test_an_endpoint_of_groups_is_stored(kubectl: Kubectl, tmp_path: Path, release: str) -> None:
    name = f"group-{release.replace('.', '-')}"
    request = replace(gemma_request(), name=name, kserve_version=release)
    assert "llminferenceservice" in applied(kubectl, tmp_path, request, engine_of_a_group())
