"""Starts etcd, kube-apiserver and kube-controller-manager on the loopback, or uses an existing cluster."""

import base64
import contextlib
import os
import secrets
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.rigs.control_plane.certificates import CertificateAuthority, issue, new_authority, write_token_keys
from tests.rigs.control_plane.kubectl import Kubectl, find_kubectl
from tests.rigs.control_plane.processes import answers_ok, free_ports, running, wait_until
from tests.rigs.control_plane.toolchain import ETCD, KUBERNETES, RigUnavailableError, require

DEVELOPER = "developer"
DEVELOPER_GROUP = "neuroscale:developers"


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs of a control plane.

    Attributes:
        etcd: The store.
        kube_apiserver: The API server.
        kube_controller_manager: The controllers; None where they were not given, and then namespaces are never
            removed and Deployments make no pods.
    """

    etcd: Path
    kube_apiserver: Path
    kube_controller_manager: Path | None


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A Kubernetes API that tests may change.

    Attributes:
        kubectl: Acts as a cluster administrator.
        developer: Acts as the user `developer` of group `neuroscale:developers`, who has no rights of their own.
        kubeconfig: The administrator's kubeconfig; its server is at 127.0.0.1 when `is_local`.
        is_local: Whether the API server runs on this machine and can therefore call a webhook on its loopback.
        has_controllers: Whether namespaces are really removed and workloads really roll out.
        log_directory: One log file per server; None for an existing cluster.
    """

    kubectl: Kubectl
    developer: Kubectl
    kubeconfig: Path
    is_local: bool
    has_controllers: bool
    log_directory: Path | None


@contextlib.contextmanager
def running_control_plane() -> Iterator[ControlPlane]:
    """Yield the control plane that the environment names, starting one if it names no existing cluster.

    Raises:
        RigUnavailableError: There are no binaries, no kubectl, or the existing cluster does not answer.
    """
    kubectl_binary = find_kubectl()
    existing = os.environ.get("NEUROSCALE_TEST_KUBECONFIG")
    with tempfile.TemporaryDirectory(prefix="neuroscale-control-plane-") as name:
        directory = Path(name)
        if existing:
            yield _existing_cluster(Path(existing).resolve(), kubectl_binary, directory)
        else:
            with _started(find_binaries(), kubectl_binary, directory) as control_plane:
                yield control_plane


def find_binaries() -> Binaries:
    """Return the programs in `KUBEBUILDER_ASSETS`, else the built ones.

    Raises:
        RigUnavailableError: Neither is there.
    """
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if not assets:
        kubernetes, etcd = require(KUBERNETES), require(ETCD)
        return Binaries(etcd / "etcd", kubernetes / "kube-apiserver", kubernetes / "kube-controller-manager")
    folder = Path(assets).resolve()
    for required in ("etcd", "kube-apiserver"):
        if not (folder / required).is_file():
            raise RigUnavailableError(f"KUBEBUILDER_ASSETS has no {required}")
    controllers = folder / "kube-controller-manager"
    return Binaries(folder / "etcd", folder / "kube-apiserver", controllers if controllers.is_file() else None)


def _existing_cluster(kubeconfig: Path, kubectl_binary: Path, directory: Path) -> ControlPlane:
    kubectl = Kubectl(kubectl_binary, kubeconfig, directory / "cache")
    answer = kubectl.run("get", "--raw=/readyz", timeout_seconds=30)
    if answer.exit_code != 0:
        first_line = (answer.stderr.strip().splitlines() or ["no answer"])[-1]
        raise RigUnavailableError(f"the cluster of NEUROSCALE_TEST_KUBECONFIG is not ready: {first_line}")
    return ControlPlane(
        kubectl=kubectl,
        developer=kubectl.impersonating(DEVELOPER, DEVELOPER_GROUP, "system:authenticated"),
        kubeconfig=kubeconfig,
        is_local=False,
        has_controllers=True,
        log_directory=None,
    )


@contextlib.contextmanager
def _started(binaries: Binaries, kubectl_binary: Path, directory: Path) -> Iterator[ControlPlane]:
    client_port, peer_port, api_port = free_ports(3)
    logs = directory / "logs"
    logs.mkdir()
    tokens = {"admin": secrets.token_urlsafe(24), DEVELOPER: secrets.token_urlsafe(24)}
    authority = new_authority("control plane of the tests")
    kubeconfigs = {
        user: _write_kubeconfig(directory / f"{user}.kubeconfig", api_port, authority, user, token)
        for user, token in tokens.items()
    }
    token_keys = write_token_keys(directory)
    with contextlib.ExitStack() as servers:
        etcd = servers.enter_context(
            running(
                "etcd", _etcd_command(binaries.etcd, directory, client_port, peer_port), log_file=logs / "etcd.log"
            )
        )
        wait_until(lambda: answers_ok(f"http://127.0.0.1:{client_port}/health"), what="etcd is ready", server=etcd)
        command = _api_server_command(binaries.kube_apiserver, directory, client_port, api_port, token_keys)
        command += [*_tls_arguments(authority, directory), _token_argument(directory, tokens)]
        api_server = servers.enter_context(running("kube-apiserver", command, log_file=logs / "kube-apiserver.log"))
        trust = ssl.create_default_context(cadata=authority.pem.decode())
        wait_until(
            lambda: answers_ok(f"https://127.0.0.1:{api_port}/readyz", trust=trust, token=tokens["admin"]),
            what="kube-apiserver is ready",
            server=api_server,
        )
        if binaries.kube_controller_manager is not None:
            command = _controller_manager_command(
                binaries.kube_controller_manager, kubeconfigs["admin"], token_keys, free_ports(1)[0]
            )
            log_file = logs / "kube-controller-manager.log"
            servers.enter_context(running("kube-controller-manager", command, log_file=log_file))
        cache = directory / "cache"
        yield ControlPlane(
            kubectl=Kubectl(kubectl_binary, kubeconfigs["admin"], cache),
            developer=Kubectl(kubectl_binary, kubeconfigs[DEVELOPER], cache),
            kubeconfig=kubeconfigs["admin"],
            is_local=True,
            has_controllers=binaries.kube_controller_manager is not None,
            log_directory=logs,
        )


def _etcd_command(binary: Path, directory: Path, client_port: int, peer_port: int) -> list[str | Path]:
    client_url, peer_url = f"http://127.0.0.1:{client_port}", f"http://127.0.0.1:{peer_port}"
    return [
        binary,
        f"--data-dir={directory / 'etcd'}",
        f"--listen-client-urls={client_url}",
        f"--advertise-client-urls={client_url}",
        f"--listen-peer-urls={peer_url}",
        f"--initial-advertise-peer-urls={peer_url}",
        f"--initial-cluster=default={peer_url}",
        "--log-level=warn",
        # The data lives as long as the tests: durability would only cost time.
        "--unsafe-no-fsync",
    ]


def _api_server_command(
    binary: Path, directory: Path, etcd_port: int, api_port: int, token_keys: tuple[Path, Path]
) -> list[str | Path]:
    public_key, private_key = token_keys
    return [
        binary,
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        # Without an address the API server listens on every interface of the machine.
        "--bind-address=127.0.0.1",
        f"--secure-port={api_port}",
        f"--cert-dir={directory / 'apiserver'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={public_key}",
        f"--service-account-signing-key-file={private_key}",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.0.0.0/24",
        # Keeps the machine's own addresses out of the Endpoints of the Service `kubernetes`.
        "--endpoint-reconciler-type=none",
        "--profiling=false",
    ]


def _tls_arguments(authority: CertificateAuthority, directory: Path) -> list[str | Path]:
    pair = issue(authority, directory / "serving", names=["kubernetes.default.svc", "localhost", "127.0.0.1"])
    return [f"--tls-cert-file={pair.certificate_file}", f"--tls-private-key-file={pair.key_file}"]


def _token_argument(directory: Path, tokens: dict[str, str]) -> str:
    file = directory / "tokens.csv"
    file.touch(mode=0o600)
    groups = {"admin": "system:masters", DEVELOPER: DEVELOPER_GROUP}
    file.write_text("".join(f'{token},{user},{user},"{groups[user]}"\n' for user, token in tokens.items()))
    return f"--token-auth-file={file}"


def _controller_manager_command(
    binary: Path, kubeconfig: Path, token_keys: tuple[Path, Path], port: int
) -> list[str | Path]:
    return [
        binary,
        f"--kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        "--leader-elect=false",
        f"--service-account-private-key-file={token_keys[1]}",
        # Nodes in tests have no kubelet that would report: nobody may mark them unreachable.
        "--controllers=*,-node-lifecycle-controller",
        "--horizontal-pod-autoscaler-sync-period=2s",
    ]


def _write_kubeconfig(file: Path, api_port: int, authority: CertificateAuthority, user: str, token: str) -> Path:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "tests",
                "cluster": {
                    "server": f"https://127.0.0.1:{api_port}",
                    "certificate-authority-data": base64.b64encode(authority.pem).decode(),
                },
            }
        ],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": user, "context": {"cluster": "tests", "user": user}}],
        "current-context": user,
    }
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file
