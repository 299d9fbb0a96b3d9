"""Overlays are compared as kustomize builds them; their sources, which are no objects yet, are refused."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cost.resources.cases import Case
from tests.rigs.control_plane.fixtures import skip_or_fail
from tests.rigs.control_plane.kubectl import find_kubectl
from tests.rigs.control_plane.toolchain import RigUnavailableError

PATCH = """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: chat
  namespace: search
spec:
  predictor:
    maxReplicas: 9
"""


@pytest.fixture(scope="module")
def kubectl() -> Path:
    """kubectl, which builds kustomizations without any cluster."""
    try:
        return find_kubectl()
    except RigUnavailableError as error:
        skip_or_fail(error)
        raise


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A base with one endpoint, and an overlay that raises its most replicas."""
    base, overlay = tmp_path / "base", tmp_path / "overlays" / "production"
    base.mkdir()
    overlay.mkdir(parents=True)
    (base / "chat.yaml").write_text(Case("replica-range").side("base").popitem()[1], encoding="utf-8")
    (base / "kustomization.yaml").write_text("resources: [chat.yaml]\n", encoding="utf-8")
    (overlay / "more.yaml").write_text(PATCH, encoding="utf-8")
    lines = "resources: [../../base]\nnamespace: production\npatches: [{path: more.yaml}]\n"
    (overlay / "kustomization.yaml").write_text(lines, encoding="utf-8")
    return tmp_path


def built(kubectl: Path, folder: Path) -> str:
    done = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def test_what_kustomize_builds_is_compared_from_standard_input(
    neuroscale: Command, kubectl: Path, sources: Path
) -> None:
    before = sources / "before.yaml"
    before.write_text(built(kubectl, sources / "base").replace("search", "production"), encoding="utf-8")
    after = built(kubectl, sources / "overlays" / "production")
    result = neuroscale("delta", before, "-", "--output", "json", stdin=after)
    (compared,) = json.loads(result.stdout)["objects"]
    assert compared["object"]["namespace"] == "production"
    # From one to two replicas, then to nine.
    assert compared["change"]["pods"] == {"least": 0, "most": 7}


@pytest.mark.parametrize("side", ["base", "head"])
def test_sources_of_an_overlay_are_refused_with_what_to_give_instead(
    neuroscale: Command, sources: Path, side: str
) -> None:
    paths = [sources if each == side else sources / "base" for each in ("base", "head")]
    result = neuroscale("delta", *paths)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "InferenceService search/chat is written twice, and not alike" in result.stderr
    assert "kustomize build" in result.stderr
