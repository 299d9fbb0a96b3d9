"""Endpoints of every kind that is rendered, admitted by a guarded API server without a word."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.endpoint import render_endpoint
from neuroscale.manifests.rendering.request import EndpointKind
from tests.end_to_end.conftest import GuardedCluster
from tests.rendering.endpoints import LABELS, engine_of_a_group, engine_of_one_pod, gemma_request, rendered

pytestmark = pytest.mark.control_plane


@pytest.mark.parametrize(
    ("name", "kind", "engine"),
    [
        ("one-pod", "inference-service", engine_of_one_pod()),
        ("one-llm-pod", "llm-inference-service", engine_of_one_pod()),
        ("group", "llm-inference-service", engine_of_a_group()),
    ],
)
def test_what_was_rendered_is_admitted_without_a_warning(
    guarded_cluster: GuardedCluster, tmp_path: Path, name: str, kind: EndpointKind, engine: EngineDeployment
) -> None:
    request = replace(gemma_request(), name=name, kind=kind, profile_signature=None)
    guarded_cluster.make_namespace(request.namespace)
    for file in render_endpoint(request, engine, LABELS):
        (tmp_path / file.path).write_text(file.content, encoding="utf-8")
    applied = guarded_cluster.kubectl.run("apply", "--kustomize", tmp_path)
    assert (applied.exit_code, applied.stderr) == (0, "")
    assert len(applied.stdout.splitlines()) == 5


def test_the_broken_twin_of_a_group_is_refused(guarded_cluster: GuardedCluster) -> None:
    request = replace(gemma_request(), name="broken-group", profile_signature=None)
    guarded_cluster.make_namespace(request.namespace)
    twin = rendered(request, engine_of_a_group())["llm-inference-service.yaml"]
    twin["spec"]["parallelism"]["tensor"] = 3
    refused = guarded_cluster.kubectl.run(
        "create", f"--namespace={request.namespace}", "--filename=-", stdin=yaml.safe_dump(twin)
    )
    assert refused.exit_code == 1
    assert 'The LLMInferenceService "broken-group" is invalid' in refused.stderr
    assert "NS101" in refused.stderr
