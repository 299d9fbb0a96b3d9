"""What a cluster holds gets the findings that its files got, for every fixture that the API server stored."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from neuroscale.cli.audit import audit
from tests.parity.stored_fixtures import StoredFixture, stored
from tests.parity.test_same_verdict import FIXTURES, Finding, command_line, title
from tests.rigs.control_plane.server import ControlPlane

pytestmark = pytest.mark.control_plane

Stored = Mapping[Path, StoredFixture]


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane) -> Iterator[Stored]:
    """The fixtures in a cluster whose webhook is off."""
    with stored(control_plane, FIXTURES) as fixtures:
        yield fixtures


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
