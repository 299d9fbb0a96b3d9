"""`make run` walks one model from its configuration to an admission decision."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def test_the_walk_admits_the_endpoint_and_denies_its_broken_twin(tmp_path: Path) -> None:
    walk = subprocess.run(
        [sys.executable, "-m", "deploy.local.walkthrough", "--once", "--directory", tmp_path],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert walk.returncode == 0, walk.stdout + walk.stderr
    said = walk.stdout
    assert "128 routed experts, of which each token uses 8" in said
    assert "25.81 billion parameters" in said
    assert "admitted" in said
    assert 'denied: The InferenceService "gemma" is invalid:' in said
    assert "NS101" in said
    assert "curl -s http://127.0.0.1:" in said
    assert {path.name for path in (tmp_path / "endpoint").iterdir()} == {
        "inference-service.yaml",
        "scaled-object.yaml",
        "kustomization.yaml",
        "catalog-info.yaml",
    }
    assert (tmp_path / "profile.key").stat().st_mode & 0o077 == 0
