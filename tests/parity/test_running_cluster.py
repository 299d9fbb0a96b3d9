"""What a cluster holds gets the findings that its files got, for every fixture that the API server stored."""

import asyncio
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from admission_webhook.audit.auditor import Auditor, AuditPace
from admission_webhook.audit.metrics import create_audit_metrics
from admission_webhook.cluster_view.informer import informers
from admission_webhook.cluster_view.resources import WATCHED_RESOURCES
from admission_webhook.cluster_view.view import ClusterView
from admission_webhook.facts import KnownFacts
from admission_webhook.judgement import Knowledge
from admission_webhook.service import in_background
from admission_webhook.structured_log import StructuredLog
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.cli.audit import audit
from neuroscale.cluster.connection import connect
from neuroscale.rules.finding import finding_as_json
from neuroscale.rules.judge import judge
from tests.parity.stored_fixtures import StoredFixture, stored
from tests.parity.test_same_verdict import (
    FIXTURES,
    Finding,
    command_line,
    title,
    without_configuration_maps,
)
from tests.rigs.control_plane.server import ControlPlane

pytestmark = pytest.mark.control_plane

Stored = Mapping[Path, StoredFixture]


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane) -> Iterator[Stored]:
    """The fixtures in a cluster whose webhook is off."""
    with stored(control_plane, FIXTURES) as fixtures:
        yield fixtures


async def background_findings(kubeconfig: Path) -> Mapping[str, list[Finding]]:
    """Return what the background audit says from what its informers see, by namespace."""
    metrics, log = create_audit_metrics(), StructuredLog(io.StringIO())
    view = ClusterView(metrics, WATCHED_RESOURCES)
    known = Knowledge(KnownFacts(load_catalogue(), view).about)
    auditor = Auditor(view, judge=judge, known=known, metrics=metrics, log=log, pace=AuditPace())
    async with connect(kubeconfig, "tests") as connection:
        work = [informer.run() for informer in informers(connection, view, metrics, log)]
        async with asyncio.timeout(120), in_background(log, *work):
            while view.unsynced():  # noqa: ASYNC110 - the view offers readers no event to wait for, only its state
                await asyncio.sleep(0.01)
            reported = await auditor.audit()
    return {
        namespace: [finding_as_json(finding) for each in objects for finding in each.findings]
        for namespace, objects in reported.items()
    }


@pytest.fixture(scope="module")
def audited_in_background(control_plane: ControlPlane, cluster: Stored) -> Mapping[str, list[Finding]]:
    """What the background audit says about the whole cluster, by namespace."""
    return asyncio.run(background_findings(control_plane.kubeconfig))


@pytest.fixture(scope="module")
def audited(control_plane: ControlPlane, cluster: Stored) -> Mapping[str, list[Finding]]:
    """What `neuroscale audit` says about the whole cluster, by namespace."""
    run: Any = CliRunner().invoke(
        audit, ["--kubeconfig", str(control_plane.kubeconfig), "--output", "json"], standalone_mode=False
    )
    assert run.exception is None
    assert run.return_value == 1, run.stderr
    findings: dict[str, list[Finding]] = {each.namespace: [] for each in cluster.values()}
    for finding in json.loads(run.stdout)["findings"]:
        findings.setdefault(finding["object"]["namespace"], []).append(finding)
    return findings


def without_place(findings: list[Finding]) -> list[str]:
    """Return findings as they are wherever the object is: an object of a cluster has a namespace but no file."""
    return sorted(
        json.dumps(
            finding | {"file": None, "line": None, "column": None, "object": finding["object"] | {"namespace": ""}},
            sort_keys=True,
        )
        for finding in findings
    )


@pytest.mark.parametrize("fixture", FIXTURES, ids=title)
def test_the_api_server_stores_every_fixture_when_no_webhook_is_asked(cluster: Stored, fixture: Path) -> None:
    assert cluster[fixture].refusals == ()


@pytest.mark.parametrize("fixture", FIXTURES, ids=title)
def test_the_audit_finds_what_the_command_line_finds_in_the_file(
    cluster: Stored, audited: Mapping[str, list[Finding]], fixture: Path
) -> None:
    reference, _ = command_line(fixture)
    assert without_place(audited[cluster[fixture].namespace]) == without_place(reference["findings"])


@pytest.mark.parametrize("fixture", FIXTURES, ids=title)
def test_the_background_audit_which_reads_no_config_maps_finds_what_the_command_line_finds_without_them(
    cluster: Stored, audited_in_background: Mapping[str, list[Finding]], fixture: Path, tmp_path: Path
) -> None:
    reference, _ = command_line(without_configuration_maps(fixture, tmp_path))
    found = audited_in_background[cluster[fixture].namespace]
    assert without_place(found) == without_place(reference["findings"])
