"""From a form in a real Backstage to objects that a real, guarded API server admits."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.end_to_end.conftest import GuardedCluster
from tests.rigs.backstage.client import Backstage
from tests.rigs.github.fixtures import ModelsRepository

pytestmark = [pytest.mark.backstage, pytest.mark.control_plane]

FORM: dict[str, Any] = {
    "name": "support-chat",
    "model": "google/gemma-4-26B-A4B",
    "owner": "group:default/guests",
    "costCenter": "cc-4711",
    "environment": "production",
    "contextLength": 32768,
    "concurrency": 16,
}
FOLDER = "endpoints/production/support-chat"


@pytest.fixture
def committed(backstage: Backstage, models_repository: ModelsRepository, tmp_path: Path) -> Path:
    """The endpoint's folder as it stands in the pull request's commit."""
    run = backstage.run("model-endpoint", FORM | {"repoUrl": models_repository.repo_url})
    assert run.error is None, run.error
    [pull_request] = models_repository.pull_requests()
    for path, content in models_repository.git.changed_files("main", pull_request.head).items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return tmp_path / FOLDER


def test_what_the_portal_committed_is_admitted_without_a_warning(
    committed: Path, guarded_cluster: GuardedCluster
) -> None:
    kustomization = yaml.safe_load((committed / "kustomization.yaml").read_text(encoding="utf-8"))
    guarded_cluster.make_namespace(kustomization["namespace"])
    applied = guarded_cluster.kubectl.run("apply", "--kustomize", committed)
    assert applied.exit_code == 0, applied.stderr
    assert applied.stderr == ""
    assert "inferenceservice.serving.kserve.io/support-chat" in applied.stdout
    assert "scaledobject.keda.sh/support-chat" in applied.stdout
    assert "poddisruptionbudget.policy/support-chat" in applied.stdout
    assert "podmonitor.monitoring.coreos.com/support-chat" in applied.stdout
    assert "prometheusrule.monitoring.coreos.com/support-chat" in applied.stdout


def test_its_broken_twin_is_refused_with_what_to_change(committed: Path, guarded_cluster: GuardedCluster) -> None:
    twin = yaml.safe_load((committed / "inference-service.yaml").read_text(encoding="utf-8"))
    twin["metadata"]["name"] = "broken-twin"
    container = twin["spec"]["predictor"]["containers"][0]
    container["args"] = [
        argument for argument in container["args"] if not argument.startswith("--tensor-parallel-size")
    ] + ["--tensor-parallel-size=3"]
    refused = guarded_cluster.kubectl.run(
        "create", "--namespace=default", "--filename=-", stdin=yaml.safe_dump(twin)
    )
    assert refused.exit_code == 1
    assert 'The InferenceService "broken-twin" is invalid' in refused.stderr
    assert "NS101" in refused.stderr
    assert "1, 2, 4, 8" in refused.stderr
