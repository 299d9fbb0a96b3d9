"""Brings CRDs to an API server, until it serves them: of KServe and of what runs beside it in a cluster."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.rigs.control_plane.kubectl import Kubectl
from tests.rigs.control_plane.processes import wait_until
from tests.rigs.control_plane.toolchain import RigUnavailableError, source_directory

_LEADER_WORKER_SETS = "leaderworkerset.x-k8s.io_leaderworkersets"

# A version's name at either depth that controller-gen uses; parsing 6 MB of YAML for it would take seconds.
_VERSION_NAME = re.compile(r"^(?:  - |    |    - |      )name: (v\d\w*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Definition:
    """One CustomResourceDefinition.

    Attributes:
        file: Where it is, named `GROUP_PLURAL.yaml`.
        group: For example `serving.kserve.io`.
        plural: For example `inferenceservices`.
        versions: For example `("v1beta1",)`.
    """

    file: Path
    group: str
    plural: str
    versions: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the object's name, for example `inferenceservices.serving.kserve.io`."""
        return f"{self.plural}.{self.group}"


def serving_definitions() -> list[Definition]:
    """Return what endpoints are made of: the definitions of KServe (full schemas), KEDA, LeaderWorkerSet, monitors.

    Raises:
        RigUnavailableError: They were not fetched.
    """
    kserve = sorted((source_directory("kserve") / "config" / "crd" / "full").rglob("serving.kserve.io_*.yaml"))
    keda = sorted((source_directory("keda") / "config" / "crd" / "bases").glob("*.yaml"))
    groups = source_directory("leader-worker-set") / "config" / "crd" / "bases" / f"{_LEADER_WORKER_SETS}.yaml"
    folder = source_directory("prometheus-operator") / "example" / "prometheus-operator-crd"
    monitoring = [folder / f"monitoring.coreos.com_{plural}.yaml" for plural in ("podmonitors", "prometheusrules")]
    return [_definition(file) for file in [*kserve, *keda, groups, *monitoring]]


def certificate_definitions() -> list[Definition]:
    """Return cert-manager's definitions of certificates and namespaced issuers.

    Raises:
        RigUnavailableError: They were not fetched.
    """
    folder = source_directory("cert-manager") / "deploy" / "crds"
    return [_definition(folder / f"cert-manager.io_{plural}.yaml") for plural in ("certificates", "issuers")]


def report_definitions() -> list[Definition]:
    """Return the definitions of OpenReports: reports of a namespace and of the cluster.

    Raises:
        RigUnavailableError: They were not fetched.
    """
    return [
        _definition(file) for file in sorted((source_directory("reports-api") / "config" / "crd").glob("*.yaml"))
    ]


def create_definitions(kubectl: Kubectl, wanted: list[Definition]) -> None:
    """Create the definitions that the cluster lacks and wait until all are served.

    Definitions that are there already stay as they are: an existing cluster's belong to its owner.

    Raises:
        CommandFailedError: The API server refused one.
        ProcessFailedError: One was not established, or not served, in time.
    """
    rows = kubectl.must("get", "crd", "--no-headers").stdout.splitlines()
    present = {row.split()[0] for row in rows}
    missing = [definition for definition in wanted if definition.name not in present]
    # Created, not applied: nobody updates them here, and the field management of server-side apply costs seconds.
    with ThreadPoolExecutor(max_workers=4) as workers:
        list(workers.map(lambda definition: kubectl.must("create", "--filename", definition.file), missing))
    names = [f"crd/{definition.name}" for definition in wanted]
    # Tried again, because `kubectl wait` fails on an object that has no conditions yet.
    wait = ("wait", "--for=condition=Established", "--timeout=60s", *names)
    wait_until(lambda: kubectl.run(*wait).exit_code == 0, what="the CRDs are established", server=None)
    # Established comes before discovery, by which kubectl finds the resource of a kind.
    wait_until(lambda: _are_listed(kubectl, wanted), what="the CRDs are served", server=None)


def _definition(file: Path) -> Definition:
    group, plural = file.stem.split("_", 1)
    versions = tuple(_VERSION_NAME.findall(file.read_text(encoding="utf-8")))
    if not versions:
        raise RigUnavailableError(f"{file.name}: no version found")
    return Definition(file, group, plural, versions)


def _are_listed(kubectl: Kubectl, wanted: list[Definition]) -> bool:
    plurals_by_group_version: dict[str, set[str]] = {}
    for definition in wanted:
        for version in definition.versions:
            plurals_by_group_version.setdefault(f"{definition.group}/{version}", set()).add(definition.plural)
    for group_version, plurals in plurals_by_group_version.items():
        answer = kubectl.run("get", f"--raw=/apis/{group_version}")
        if answer.exit_code != 0:
            return False
        if not plurals <= {resource["name"] for resource in json.loads(answer.stdout)["resources"]}:
            return False
    return True
