"""Every rule's fixtures, applied with kubectl to a real API server that asks the webhook."""

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from neuroscale.manifests.autoscaling import AUTOSCALER_KINDS
from neuroscale.manifests.serving import SERVING_KINDS
from tests.end_to_end.conftest import GuardedCluster
from tests.rigs.control_plane.kubectl import CommandResult
from tests.rules.objects import fixture_objects, judged

pytestmark = pytest.mark.control_plane

RULES = Path(__file__).parents[1] / "rules"
GOOD = sorted(RULES.glob("*/*/ok-*.yaml"))
BAD = sorted(RULES.glob("*/*/bad-*.yaml"))
SEEN_WITHIN_SECONDS = 10
WEBHOOK = "validate.neuroscale.dev"


def title(fixture: Path) -> str:
    """Name a fixture by its rule and file."""
    return f"{fixture.parent.name}/{fixture.stem}"


def documents_of(fixture: Path) -> list[dict[str, Any]]:
    """Return the fixture's objects, those that others refer to first."""
    documents = [document for document in yaml.safe_load_all(fixture.read_text(encoding="utf-8")) if document]
    return sorted(documents, key=lambda document: document["kind"] in AUTOSCALER_KINDS - SERVING_KINDS)


def expected_denials(fixture: Path) -> list[dict[str, Any]]:
    """Return the findings that must deny at admission, where nobody reads ConfigMaps."""
    findings = json.loads((fixture.parent / "findings.json").read_text(encoding="utf-8"))[fixture.name]
    seen = [each for each in fixture_objects(fixture) if each.kind != "ConfigMap"]
    found = {(finding.rule, finding.message, finding.severity.value) for finding in judged(*seen)}
    return [
        finding
        for finding in findings
        if finding["severity"] == "deny" and (finding["rule"], finding["message"], "deny") in found
    ]


@pytest.fixture
def namespace(guarded_cluster: GuardedCluster, request: pytest.FixtureRequest) -> str:
    """A namespace of the fixture's own."""
    identity = request.node.callspec.id
    digest = hashlib.sha256(identity.encode()).hexdigest()[:8]
    return guarded_cluster.make_namespace(f"fixture-{digest}")


def apply(cluster: GuardedCluster, namespace: str, document: dict[str, Any], *options: str) -> CommandResult:
    """Apply one object as a user would."""
    return cluster.kubectl.run(
        "apply", f"--namespace={namespace}", *options, "--filename=-", stdin=yaml.safe_dump(document)
    )


def refusal_of(cluster: GuardedCluster, namespace: str, document: dict[str, Any]) -> str:
    """Apply one object and return what the terminal shows if it is refused, "" if it is admitted.

    An autoscaler is judged by the serving object that it scales, which the webhook sees a moment after it was
    created; so it is tried, without being stored, until it is refused or the moment has passed.
    """
    deadline = time.monotonic() + SEEN_WITHIN_SECONDS
    refers_to_others = document["kind"] in AUTOSCALER_KINDS - SERVING_KINDS
    while True:
        answer = apply(cluster, namespace, document, *(["--dry-run=server"] if refers_to_others else []))
        if answer.exit_code != 0:
            return answer.stderr
        if not refers_to_others or time.monotonic() > deadline:
            return ""
        time.sleep(0.1)


@pytest.mark.parametrize("fixture", GOOD, ids=title)
def test_a_good_fixture_is_admitted(fixture: Path, guarded_cluster: GuardedCluster, namespace: str) -> None:
    for document in documents_of(fixture):
        answer = apply(guarded_cluster, namespace, document)
        assert answer.exit_code == 0, answer.stderr


@pytest.mark.parametrize("fixture", [fixture for fixture in BAD if expected_denials(fixture)], ids=title)
def test_a_bad_fixture_is_denied_with_the_rule_and_its_message(
    fixture: Path, guarded_cluster: GuardedCluster, namespace: str
) -> None:
    refusals = "".join(refusal_of(guarded_cluster, namespace, document) for document in documents_of(fixture))
    for finding in expected_denials(fixture):
        assert f"{finding['rule']}: {finding['message']}" in refusals


def test_every_rule_that_can_deny_has_a_fixture_that_the_cluster_refuses() -> None:
    denied = {finding["rule"] for fixture in BAD for finding in expected_denials(fixture)}
    assert denied >= {
        "NS101", "NS102", "NS103", "NS104", "NS105", "NS106", "NS201", "NS202", "NS301", "NS401", "NS402", "NS501",
    }  # fmt: skip


def test_the_webhook_answered_every_review_itself(
    guarded_cluster: GuardedCluster, namespace_for_reviews: str
) -> None:
    """An API server that cannot reach the webhook admits everything; then the good fixtures would prove nothing."""
    before = answered_reviews(guarded_cluster)
    for fixture in GOOD[:3]:
        for document in documents_of(fixture):
            apply(guarded_cluster, namespace_for_reviews, document, "--dry-run=server")
    after = answered_reviews(guarded_cluster)
    assert after["admitted"] > before["admitted"]
    assert after["failed open"] == before["failed open"]


@pytest.fixture
def namespace_for_reviews(guarded_cluster: GuardedCluster) -> str:
    """A namespace for objects that are not stored."""
    return guarded_cluster.make_namespace("reviews")


def answered_reviews(cluster: GuardedCluster) -> dict[str, float]:
    """Return how many reviews of ours the API server counts as admitted, and how many it admitted unanswered."""
    counts = {"admitted": 0.0, "failed open": 0.0}
    for family in text_string_to_metric_families(cluster.kubectl.must("get", "--raw", "/metrics").stdout):
        for sample in family.samples:
            if sample.labels.get("name") != WEBHOOK:
                continue
            if sample.name == "apiserver_admission_webhook_admission_duration_seconds_count":
                counts["admitted"] += sample.value if sample.labels["rejected"] == "false" else 0
            elif sample.name.startswith("apiserver_admission_webhook_fail_open_count"):
                counts["failed open"] += sample.value
    return counts
