"""Judging what the cluster holds, again and again: what changed soon after it changed, everything now and then."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from admission_webhook.audit.metrics import AuditMetrics, show_findings
from admission_webhook.cluster_view.view import ClusterView
from admission_webhook.judgement import Knowledge
from admission_webhook.live_policy import exception_labels
from admission_webhook.structured_log import StructuredLog
from neuroscale.cluster.audit import Judge, JudgedObject, is_judged, judge_each
from neuroscale.manifests.object import ManifestObject
from neuroscale.reports.open_reports import ReportedObject
from neuroscale.rules.finding import Finding
from neuroscale.rules.policy import RulePolicy, rule_on
from neuroscale.rules.severities import Surface

Reported = Mapping[str, Sequence[ReportedObject]]


class Publish(Protocol):
    """Brings what the audit says to where others look."""

    async def __call__(self, reported: Reported, *, anew: bool) -> bool:
        """Publish everything that changed, or everything there is when `anew`; return whether all of it arrived."""


@dataclass(frozen=True, slots=True)
class AuditPace:
    """When the audit works.

    Attributes:
        settle_seconds: Wait between two looks for changes; what changes meanwhile is judged at once.
        interval_seconds: After which everything is judged anew, changed or not.
    """

    settle_seconds: float = 5.0
    interval_seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class _JudgedNamespace:
    generation: int
    objects: tuple[JudgedObject, ...]


class Auditor:
    """Keeps the findings of a cluster up to date."""

    def __init__(
        self,
        view: ClusterView,
        *,
        judge: Judge,
        known: Knowledge,
        metrics: AuditMetrics,
        log: StructuredLog,
        pace: AuditPace,
        publish: Publish | None = None,
    ) -> None:
        self._view = view
        self._judge = judge
        self._known = known
        self._metrics = metrics
        self._log = log
        self._pace = pace
        self._publish = publish
        self._judged: dict[str, _JudgedNamespace] = {}
        self._all_judged_at = float("-inf")
        self._reported: Reported = {}
        self._decided: tuple[RulePolicy, date] | None = None
        self._is_published = False

    async def keep_auditing(self) -> None:
        """Audit for as long as the process runs, from when every resource was listed once."""
        while True:
            if not self._view.unsynced():
                try:
                    await self.audit()
                except Exception as error:  # noqa: BLE001 - the next audit may succeed; the age of the last one tells
                    self._log.bug("audit-failed", error)
            await asyncio.sleep(self._pace.settle_seconds)

    async def audit(self) -> Reported:
        """Judge what changed, or everything when it is due, and show what stands now.

        Returns:
            What the audit says about each object, by namespace.
        """
        started = time.monotonic()
        is_due = started - self._all_judged_at >= self._pace.interval_seconds
        if is_due:
            self._judged.clear()
            self._all_judged_at = started
        namespaces = self._view.namespaces()
        gone = self._judged.keys() - set(namespaces)
        for namespace in gone:
            del self._judged[namespace]
        stale = [namespace for namespace in namespaces if self._is_stale(namespace)]
        for namespace in stale:
            # Read first: what changes during the judgement is judged again.
            generation = self._view.generation(namespace)
            self._judged[namespace] = _JudgedNamespace(generation, await self._judge_namespace(namespace))
        decided = (self._known.policy(), self._known.today())
        if stale or gone or decided != self._decided:
            self._reported, self._decided, self._is_published = self._show(*decided), decided, False
        if stale:
            seconds = time.monotonic() - started
            objects = sum(len(self._judged[namespace].objects) for namespace in stale)
            self._metrics.seconds.set(seconds)
            self._log.info("audited", namespaces=len(stale), objects=objects, seconds=round(seconds, 3))
        if self._publish is not None and (is_due or not self._is_published):
            self._is_published = await self._publish(self._reported, anew=is_due)
        self._metrics.last_audit.set(time.time())
        return self._reported

    def _is_stale(self, namespace: str) -> bool:
        judged = self._judged.get(namespace)
        return judged is None or judged.generation != self._view.generation(namespace)

    async def _judge_namespace(self, namespace: str) -> tuple[JudgedObject, ...]:
        judged: list[JudgedObject] = []
        for resource in self._view.resources:
            for manifest in self._view.objects(resource.kind, namespace):
                if is_judged(manifest) and not _is_being_deleted(manifest):
                    judged.append(self._judge_object(manifest))
                    # Health checks, scrapes and watches are answered between two objects.
                    await asyncio.sleep(0)
        return tuple(judged)

    def _judge_object(self, manifest: ManifestObject) -> JudgedObject:
        try:
            [judged] = judge_each((manifest,), self._judge, self._known.facts_around)
        except Exception as error:  # noqa: BLE001 - a bug in one rule must not hide what all others find
            self._log.bug("object-not-judged", error)
            return JudgedObject(manifest, unread="an internal error; the log has its place")
        return judged

    def _show(self, policy: RulePolicy, today: date) -> Reported:
        everything = [each for namespace in self._judged.values() for each in namespace.objects]
        findings = sorted(
            (finding for each in everything for finding in each.findings), key=lambda finding: finding.sort_key
        )
        ruling = rule_on(findings, policy, Surface.AUDIT, today)
        show_findings(self._metrics, ruling.findings)
        set_aside = {exception_labels(use.exception): len(use.findings) for use in ruling.exceptions.used}
        for exception in policy.exceptions:
            labels = exception_labels(exception)
            self._metrics.excepted_findings.labels(*labels).set(set_aside.get(labels, 0))
        for gauge, objects in (
            (self._metrics.objects, [each for each in everything if not each.unread]),
            (self._metrics.unread_objects, [each for each in everything if each.unread]),
        ):
            gauge.clear()
            for kind, number in Counter(each.manifest.kind for each in objects).items():
                gauge.labels(kind).set(number)
        standing: dict[int, list[Finding]] = {}
        for finding in ruling.findings:
            standing.setdefault(id(finding.manifest), []).append(finding)
        return {
            namespace: [
                ReportedObject(each.manifest, tuple(standing.get(id(each.manifest), ())), each.unread)
                for each in judged.objects
            ]
            for namespace, judged in self._judged.items()
            if judged.objects
        }


def _is_being_deleted(manifest: ManifestObject) -> bool:
    metadata = manifest.body.get("metadata")
    return isinstance(metadata, dict) and metadata.get("deletionTimestamp") is not None
