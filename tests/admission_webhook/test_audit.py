"""The background audit: what stands in the cluster now, as metrics, whatever happens to one object or one rule."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from admission_webhook.audit.__main__ import main
from admission_webhook.audit.auditor import Auditor, AuditPace, Reported
from admission_webhook.audit.metrics import (
    MAXIMUM_NAMESPACES,
    OTHER_NAMESPACES,
    AuditMetrics,
    create_audit_metrics,
)
from admission_webhook.cluster_view.resources import WATCHED_RESOURCES
from admission_webhook.cluster_view.view import ClusterView
from admission_webhook.facts import KnownFacts
from admission_webhook.judgement import JUDGED_KINDS, Judge, Knowledge
from admission_webhook.structured_log import StructuredLog
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.cluster.resources import INFERENCE_SERVICES, NODES, SERVING_RUNTIMES
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.finding import Finding
from neuroscale.rules.policy import RulePolicy
from neuroscale.rules.policy_file import read_rule_policy
from neuroscale.rules.subject import ClusterFacts
from tests.admission_webhook.serving import judge_by_label

PAGE = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
TODAY = date(2026, 11, 21)


@dataclass(slots=True)
class Audited:
    """A cluster in memory, and its audit."""

    view: ClusterView
    auditor: Auditor
    metrics: AuditMetrics
    log: io.StringIO
    judged: list[str]
    policy: RulePolicy = field(default_factory=RulePolicy)

    def put(self, name: str, namespace: str = "team-a", **labels: str) -> None:
        """Store an InferenceService."""
        self.view.put(INFERENCE_SERVICES, service(name, namespace, **labels))

    def remove(self, name: str, namespace: str = "team-a") -> None:
        """Delete an InferenceService."""
        self.view.remove(INFERENCE_SERVICES, service(name, namespace))

    def findings(self) -> dict[tuple[str, str, str], float]:
        """Return the series of findings: (rule, severity, namespace) to their number."""
        [family] = [each for each in self.metrics.registry.collect() if each.name == "neuroscale_audit_findings"]
        return {
            (each.labels["rule"], each.labels["severity"], each.labels["namespace"]): each.value
            for each in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        """Return the value of one series."""
        return self.metrics.registry.get_sample_value(f"neuroscale_audit_{name}", labels)


def service(name: str, namespace: str, **labels: str) -> ManifestObject:
    return manifest_from_mapping(
        {
            "apiVersion": "serving.kserve.io/v1beta1",
            "kind": "InferenceService",
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {},
        }
    )


def audited(judge: Judge, pace: AuditPace | None = None) -> Audited:
    metrics, log, judged = create_audit_metrics(), io.StringIO(), list[str]()
    view = ClusterView(metrics, WATCHED_RESOURCES)

    def noted(objects: Sequence[ManifestObject], facts: ClusterFacts) -> Sequence[Finding]:
        judged.extend(f"{each.namespace}/{each.name}" for each in objects)
        return judge(objects, facts)

    known = Knowledge(KnownFacts(load_catalogue(), view).about, policy=lambda: found.policy, today=lambda: TODAY)
    auditor = Auditor(
        view, judge=noted, known=known, metrics=metrics, log=StructuredLog(log), pace=pace or AuditPace()
    )
    found = Audited(view, auditor, metrics, log, judged)
    return found


@pytest.fixture
def cluster() -> Audited:
    """A cluster whose objects have a finding each if they carry the label `bad`."""
    return audited(judge_by_label("bad"))


async def test_what_stands_is_shown_by_rule_severity_and_namespace(cluster: Audited) -> None:
    cluster.put("one", bad="yes")
    cluster.put("two", bad="yes")
    cluster.put("three", "team-b", bad="yes")
    cluster.put("fine", "team-b")
    await cluster.auditor.audit()
    assert cluster.findings() == {("NS901", "deny", "team-a"): 2, ("NS901", "deny", "team-b"): 1}
    assert cluster.value("objects", kind="InferenceService") == 4


async def test_a_finding_is_gone_with_its_cause(cluster: Audited) -> None:
    cluster.put("repaired", bad="yes")
    cluster.put("deleted", bad="yes")
    await cluster.auditor.audit()
    cluster.put("repaired")
    cluster.remove("deleted")
    await cluster.auditor.audit()
    assert cluster.findings() == {}
    assert cluster.value("objects", kind="InferenceService") == 1


async def test_only_namespaces_that_changed_are_judged_again(cluster: Audited) -> None:
    cluster.put("one")
    cluster.put("two", "team-b")
    await cluster.auditor.audit()
    cluster.judged.clear()
    cluster.put("three", "team-b")
    await cluster.auditor.audit()
    assert cluster.judged == ["team-b/two", "team-b/three"]


async def test_a_change_of_a_runtime_has_its_namespace_judged_again_and_a_node_all(cluster: Audited) -> None:
    cluster.put("one")
    cluster.put("two", "team-b")
    await cluster.auditor.audit()
    for resource, kind, namespace, again in (
        (SERVING_RUNTIMES, "ServingRuntime", "team-b", ["team-b/two", "team-b/new"]),
        (NODES, "Node", "", ["team-a/one", "team-b/two", "team-b/new"]),
    ):
        cluster.judged.clear()
        body = {"apiVersion": resource.api_version(resource.versions[0]), "kind": kind}
        cluster.view.put(
            resource, manifest_from_mapping(body | {"metadata": {"name": "new", "namespace": namespace}})
        )
        await cluster.auditor.audit()
        assert cluster.judged == again


async def test_everything_is_judged_again_when_it_is_due() -> None:
    cluster = audited(judge_by_label("bad"), AuditPace(interval_seconds=0))
    cluster.put("one")
    await cluster.auditor.audit()
    await cluster.auditor.audit()
    assert cluster.judged == ["team-a/one", "team-a/one"]


async def test_an_object_that_is_being_deleted_is_left_alone(cluster: Audited) -> None:
    leaving = service("leaving", "team-a", bad="yes")
    body = dict(leaving.body) | {
        "metadata": {**leaving.body["metadata"], "deletionTimestamp": "2026-11-21T00:00:00Z"}
    }
    cluster.view.put(INFERENCE_SERVICES, manifest_from_mapping(body))
    await cluster.auditor.audit()
    assert cluster.judged == []


async def test_a_policy_that_changes_is_applied_without_judging_anew(cluster: Audited) -> None:
    cluster.put("one", bad="yes")
    await cluster.auditor.audit()
    cluster.policy = exception_of("NS106", "team-a")
    await cluster.auditor.audit()
    assert cluster.judged == ["team-a/one"]
    assert cluster.value("excepted_findings", rule="NS106", objects="* team-a/*", owner="o") == 0


def exception_of(rule: str, namespace: str) -> RulePolicy:
    entry = f"{{rule: {rule}, namespace: {namespace}, reason: r, owner: o, expires: 2999-12-31}}"
    return read_rule_policy(
        f"apiVersion: neuroscale.dev/v1alpha1\nkind: RulePolicy\nexceptions: [{entry}]\n", "policy.yaml"
    )


async def test_what_an_exception_sets_aside_is_counted_and_does_not_stand() -> None:
    def says_ns106(objects: Sequence[ManifestObject], facts: ClusterFacts) -> Sequence[Finding]:
        from dataclasses import replace

        return [replace(each, rule="NS106") for each in judge_by_label("bad")(objects, facts)]

    cluster = audited(says_ns106)
    cluster.policy = exception_of("NS106", "team-a")
    cluster.put("excepted", bad="yes")
    cluster.put("other", "team-b", bad="yes")
    await cluster.auditor.audit()
    assert cluster.findings() == {("NS106", "deny", "team-b"): 1}
    assert cluster.value("excepted_findings", rule="NS106", objects="* team-a/*", owner="o") == 1


async def test_an_object_that_cannot_be_read_and_one_that_trips_a_rule_spoil_no_other() -> None:
    def trips(objects: Sequence[ManifestObject], facts: ClusterFacts) -> Sequence[Finding]:
        if objects[0].name == "odd":
            raise InvalidInputError("must be a mapping", field="spec.predictor")
        if objects[0].name == "unlucky":
            raise ZeroDivisionError
        return judge_by_label("bad")(objects, facts)

    cluster = audited(trips)
    for name in ("odd", "unlucky", "bad"):
        cluster.put(name, bad="yes")
    reported = await cluster.auditor.audit()
    assert cluster.findings() == {("NS901", "deny", "team-a"): 1}
    assert cluster.value("unread_objects", kind="InferenceService") == 2
    assert {each.manifest.name: each.unread for each in reported["team-a"] if each.unread} == {
        "odd": "spec.predictor: must be a mapping",
        "unlucky": "an internal error; the log has its place",
    }
    assert "ZeroDivisionError" in cluster.log.getvalue()


async def test_the_number_of_series_is_bounded(cluster: Audited) -> None:
    for index in range(MAXIMUM_NAMESPACES + 30):
        cluster.put("one", f"team-{index:04}", bad="yes")
    cluster.put("two", "team-0229", bad="yes")
    await cluster.auditor.audit()
    found = cluster.findings()
    assert len(found) == MAXIMUM_NAMESPACES + 1
    assert found["NS901", "deny", "team-0229"] == 2
    assert found["NS901", "deny", OTHER_NAMESPACES] == 30


async def test_what_is_published_is_published_until_it_arrived_and_then_only_what_changed() -> None:
    published: list[tuple[list[str], bool]] = []

    async def publish(reported: Reported, *, anew: bool) -> bool:
        published.append((sorted(reported), anew))
        return len(published) > 1

    cluster = audited(judge_by_label("bad"))
    cluster.auditor = Auditor(
        cluster.view,
        judge=judge_by_label("bad"),
        known=Knowledge(KnownFacts(load_catalogue(), cluster.view).about),
        metrics=cluster.metrics,
        log=StructuredLog(cluster.log),
        pace=AuditPace(),
        publish=publish,
    )
    cluster.put("one")
    for _ in range(3):
        await cluster.auditor.audit()
    assert published == [(["team-a"], True), (["team-a"], False)]
    cluster.put("two", "team-b")
    await cluster.auditor.audit()
    assert published[2:] == [(["team-a", "team-b"], False)]


def test_everything_that_admission_judges_is_audited() -> None:
    assert {(resource.group, resource.kind) for resource in WATCHED_RESOURCES} >= JUDGED_KINDS


def test_a_kubeconfig_that_is_none_is_explained(tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text("not: one", encoding="utf-8")
    run: Any = CliRunner().invoke(main, ["--kubeconfig", str(tmp_path / "kubeconfig"), "--health-port", "0"])
    assert run.exit_code == 2
    assert "is not a usable kubeconfig" in run.stderr


def metric_names() -> Iterator[str]:
    for family in create_audit_metrics().registry.collect():
        yield family.name + ("_total" if family.type == "counter" else "")


@pytest.mark.parametrize("metric", sorted(metric_names()))
def test_every_metric_is_documented(metric: str) -> None:
    assert f"`{metric.removeprefix('neuroscale_audit_')}`" in PAGE


@pytest.mark.parametrize("option", [name for each in main.params for name in each.opts if name.startswith("--")])
def test_every_option_is_documented(option: str) -> None:
    assert f"`{option}" in PAGE
