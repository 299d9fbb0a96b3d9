"""Where the binaries come from, and what happens when they cannot be had."""

from pathlib import Path

import pytest

from tests.rigs.control_plane import build as build_command
from tests.rigs.control_plane.fixtures import skip_or_fail
from tests.rigs.control_plane.server import find_binaries, running_control_plane
from tests.rigs.control_plane.toolchain import (
    CRDS,
    ETCD,
    KUBERNETES,
    KYVERNO,
    PROMETHEUS_OPERATOR,
    Component,
    RigUnavailableError,
    build,
    component_directory,
    module_version,
    require,
)


@pytest.fixture
def empty_toolchain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A toolchain folder with nothing in it, on a machine that reaches no module proxy."""
    monkeypatch.setenv("NEUROSCALE_TOOLCHAIN", str(tmp_path / "toolchain"))
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.delenv("NEUROSCALE_TEST_KUBECONFIG", raising=False)
    return tmp_path / "toolchain"


def test_the_releases_are_pinned() -> None:
    assert module_version(KUBERNETES, "k8s.io/kubernetes") == "v1.36.2"
    assert module_version(ETCD, "go.etcd.io/etcd/server/v3") == "v3.6.13"
    assert module_version(KYVERNO, "github.com/kyverno/kyverno") == "v1.19.0"
    assert module_version(CRDS, "github.com/kserve/kserve") == "v0.20.0"
    assert module_version(CRDS, "github.com/kedacore/keda/v2") == "v2.20.2"
    assert module_version(CRDS, "sigs.k8s.io/lws") == "v0.9.0"
    assert module_version(PROMETHEUS_OPERATOR, "github.com/prometheus-operator/prometheus-operator") == "v0.85.0"


def test_what_is_not_built_is_unavailable_with_the_command_that_builds_it(empty_toolchain: Path) -> None:
    with pytest.raises(RigUnavailableError, match=r"run `python -m tests\.rigs\.control_plane\.build`"):
        require(KUBERNETES)


@pytest.mark.parametrize("component", [CRDS, ETCD], ids=["crds", "etcd"])
def test_a_failed_build_leaves_nothing_that_looks_built(
    empty_toolchain: Path, component: Component, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RigUnavailableError, match="failed for"):
        build([component])
    left = [path.name for path in (empty_toolchain / "control-plane").iterdir() if path.name != ".go"]
    assert left == []
    assert "module lookup disabled" in capsys.readouterr().err


def test_what_is_built_is_not_built_again(empty_toolchain: Path) -> None:
    finished = component_directory(CRDS)
    finished.mkdir(parents=True)
    assert build([CRDS]) == [finished]


def test_a_build_that_cannot_be_done_ends_with_an_exit_code(
    empty_toolchain: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build_command.main() == 1
    assert "failed for crds" in capsys.readouterr().err


def test_assets_of_another_tool_are_taken_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("etcd", "kube-apiserver"):
        (tmp_path / name).touch()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    binaries = find_binaries()
    assert binaries.etcd == tmp_path / "etcd"
    assert binaries.kube_controller_manager is None


def test_assets_that_lack_a_program_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etcd").touch()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    with pytest.raises(RigUnavailableError, match="KUBEBUILDER_ASSETS has no kube-apiserver"):
        find_binaries()


def test_an_existing_cluster_that_does_not_answer_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROSCALE_TEST_KUBECONFIG", str(tmp_path / "missing.kubeconfig"))
    with (
        pytest.raises(RigUnavailableError, match="NEUROSCALE_TEST_KUBECONFIG is not ready"),
        running_control_plane(),
    ):
        pass


def test_a_missing_rig_skips_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no control plane: etcd is not built"):
        skip_or_fail(RigUnavailableError("etcd is not built"))


def test_a_missing_rig_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no control plane: etcd is not built"):
        skip_or_fail(RigUnavailableError("etcd is not built"))
