"""The background audit with the rights it ships with: a real cluster as metrics and as OpenReports."""

import json
import os
import secrets
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.deploy.conftest import DEPLOY
from tests.rigs.control_plane.crds import create_definitions, report_definitions
from tests.rigs.control_plane.fixtures import skip_or_fail
from tests.rigs.control_plane.kubectl import Kubectl
from tests.rigs.control_plane.processes import free_ports, running, wait_until
from tests.rigs.control_plane.server import ControlPlane
from tests.rigs.control_plane.toolchain import RigUnavailableError

pytestmark = pytest.mark.control_plane

# A cluster that outlives the tests may still be removing the one of the run before.
NAMESPACE = f"audited-{secrets.token_hex(3)}"
FIXTURES = Path(__file__).parents[1] / "admission_webhook" / "fixtures" / "cluster"


@dataclass(frozen=True, slots=True)
class AuditedCluster:
    """A cluster, and the port of its audit."""

    kubectl: Kubectl
    port: int

    def page(self, path: str) -> str:
        """Return a page of the audit's plain port."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
            text: str = response.read().decode()
            return text

    def findings(self) -> dict[str, float]:
        """Return the findings of the namespace by rule."""
        return {
            sample.labels["rule"]: sample.value
            for family in text_string_to_metric_families(self.page("/metrics"))
            for sample in family.samples
            if sample.name == "neuroscale_audit_findings" and sample.labels["namespace"] == NAMESPACE
        }

    def report(self) -> dict[str, Any]:
        """Return the report of the namespace; empty when there is none."""
        answer = self.kubectl.run(
            "get", "reports.openreports.io", "neuroscale", f"--namespace={NAMESPACE}", "--output=json"
        )
        found: dict[str, Any] = json.loads(answer.stdout) if answer.exit_code == 0 else {}
        return found

    def until(self, condition: Any, what: str) -> None:
        """Wait for what the audit does a moment after a change."""
        wait_until(condition, what=what, server=None, timeout_seconds=60)


@pytest.fixture(scope="module")
def audited(
    control_plane: ControlPlane, applied_base: Kubectl, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AuditedCluster]:
    """The audit, running as its own service account, with `overlays/audit-reports` applied."""
    directory = tmp_path_factory.mktemp("audit")
    try:
        create_definitions(applied_base, report_definitions())
    except RigUnavailableError as error:
        skip_or_fail(error)
    applied_base.must("apply", "--server-side", "--kustomize", DEPLOY / "overlays" / "audit-reports")
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    applied_base.must("create", "--filename=-", stdin=json.dumps(namespace))
    [port] = free_ports(1)
    command: list[str | Path] = [
        sys.executable, "-m", "admission_webhook.audit", "--health-port", str(port), "--reports",
        "--settle-seconds", "0.1", "--kubeconfig", kubeconfig_of_the_audit(control_plane, directory),
    ]  # fmt: skip
    with running("audit", command, log_file=directory / "audit.log") as server:
        cluster = AuditedCluster(applied_base, port)
        wait_until(lambda: is_ready(cluster), what="the audit is ready", server=server)
        yield cluster
    applied_base.run("delete", "namespace", NAMESPACE, "--wait=false")
    applied_base.must("delete", "--ignore-not-found", "--filename", DEPLOY / "components/audit-reports/rbac.yaml")


def kubeconfig_of_the_audit(control_plane: ControlPlane, directory: Path) -> Path:
    """Write a kubeconfig with a token of the audit's service account."""
    token = control_plane.kubectl.must(
        "create", "token", "neuroscale-audit", "--namespace=neuroscale"
    ).stdout.strip()
    document = yaml.safe_load(control_plane.kubeconfig.read_text(encoding="utf-8"))
    for user in document["users"]:
        user["user"] = {"token": token}
    path = directory / "kubeconfig"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        yaml.safe_dump(document, file)
    return path


def is_ready(cluster: AuditedCluster) -> bool:
    try:
        return cluster.page("/readyz") == "ok\n"
    except OSError:
        return False


def test_what_is_stored_is_found_reported_and_forgotten_when_it_is_gone(audited: AuditedCluster) -> None:
    audited.kubectl.must("create", f"--namespace={NAMESPACE}", "--filename", FIXTURES / "bad.yaml")
    audited.until(lambda: "NS101" in audited.findings(), "the finding is among the metrics")
    audited.until(lambda: bool(audited.report()), "the report is written")
    report = audited.report()
    assert report["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "neuroscale"}
    failed = {result["policy"]: result for result in report["results"] if result["result"] == "fail"}
    assert report["summary"]["fail"] == len(failed) == 4
    assert failed["NS101"]["properties"]["field"] == "spec.predictor.containers[0].args[0]"
    [subject] = failed["NS101"]["resources"]
    stored = json.loads(
        audited.kubectl.must(
            "get", "inferenceservice", "mixtral-broken", f"--namespace={NAMESPACE}", "--output=json"
        ).stdout
    )
    assert subject == {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "namespace": NAMESPACE,
        "name": "mixtral-broken",
        "uid": stored["metadata"]["uid"],
    }
    audited.kubectl.must("delete", f"--namespace={NAMESPACE}", "--filename", FIXTURES / "bad.yaml")
    audited.until(lambda: not audited.findings(), "the findings are gone")
    audited.until(lambda: not audited.report(), "the report is gone")


def test_a_report_is_not_written_again_while_nothing_changes(audited: AuditedCluster) -> None:
    audited.kubectl.must("create", f"--namespace={NAMESPACE}", "--filename", FIXTURES / "good.yaml")
    audited.until(lambda: bool(audited.report()), "the report is written")
    version = audited.report()["metadata"]["resourceVersion"]
    before = audits(audited)
    audited.until(lambda: audits(audited) > before, "another audit was made")
    assert audited.report()["metadata"]["resourceVersion"] == version


def audits(cluster: AuditedCluster) -> float:
    """Return when the last audit was."""
    [value] = [
        sample.value
        for family in text_string_to_metric_families(cluster.page("/metrics"))
        for sample in family.samples
        if sample.name == "neuroscale_audit_last_success_timestamp_seconds"
    ]
    return value
