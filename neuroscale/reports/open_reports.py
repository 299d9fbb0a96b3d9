"""Findings as OpenReports (openreports.io/v1alpha1), which dashboards of policies show.

One report for each namespace, and one ClusterReport for objects of none; fields as in the CustomResourceDefinitions
of https://github.com/openreports/reports-api, release 0.2.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.finding import Finding, Severity

API_VERSION = "openreports.io/v1alpha1"
REPORT_NAME = "neuroscale"
SOURCE = "neuroscale"
MANAGED_BY = {"app.kubernetes.io/managed-by": "neuroscale"}
# A result takes about one kilobyte, and an object of a cluster is at most 1.5 MiB.
MAXIMUM_RESULTS = 500
_MAXIMUM_MESSAGE_CHARACTERS = 1024

_OUTCOMES = {
    Severity.DENY: ("fail", "high", True),
    Severity.WARN: ("warn", "medium", False),
    Severity.INFO: ("warn", "info", False),
}
_STATUSES = ("pass", "fail", "warn", "error", "skip")
_GRAVITY = {"fail": 0, "error": 1, "warn": 2, "skip": 3, "pass": 4}

Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class ReportedObject:
    """An object and what the audit says about it.

    Attributes:
        manifest: The object.
        findings: Those that stand.
        unread: Why it could not be judged; "" when it was.
    """

    manifest: ManifestObject
    findings: tuple[Finding, ...] = ()
    unread: str = ""


def open_report(namespace: str, objects: Sequence[ReportedObject], seconds: int) -> Document:
    """Return the report of a namespace, the gravest results first; the summary counts those too that do not fit.

    Args:
        namespace: The namespace; "" for the ClusterReport of objects that are in none.
        objects: All that were judged there.
        seconds: Unix time of the judgement.
    """
    results = [result for each in objects for result in _results(each)]
    results.sort(key=lambda result: _GRAVITY[str(result["result"])])
    statuses = [str(result["result"]) for result in results]
    metadata: Document = {"name": REPORT_NAME, "labels": dict(MANAGED_BY)}
    if namespace:
        metadata["namespace"] = namespace
    stamped = [result | {"timestamp": {"seconds": seconds, "nanos": 0}} for result in results[:MAXIMUM_RESULTS]]
    return {
        "apiVersion": API_VERSION,
        "kind": "Report" if namespace else "ClusterReport",
        "metadata": metadata,
        "source": SOURCE,
        "configuration": {"limits": {"maxResults": MAXIMUM_RESULTS}},
        "summary": {status: statuses.count(status) for status in _STATUSES},
        "results": stamped,
    }


def without_time(report: Document) -> Document:
    """Return a report without the time of its results: two that are equal then say the same."""
    results = report["results"]
    assert isinstance(results, list)  # noqa: S101 - what `open_report` wrote
    return report | {
        "results": [{key: value for key, value in each.items() if key != "timestamp"} for each in results]
    }


def _results(reported: ReportedObject) -> list[Document]:
    subject = _reference(reported.manifest)
    if reported.unread:
        return [_result("NS000", "object-cannot-be-read", "error", "medium", reported.unread, subject)]
    if not reported.findings:
        return [_result("all", "every-rule", "pass", "info", "no findings", subject)]
    return [_of_finding(finding, subject) for finding in reported.findings]


def _of_finding(finding: Finding, subject: Document) -> Document:
    status, severity, is_scored = _OUTCOMES[finding.severity]
    properties = {"field": finding.field, "fix": finding.fix, "documentation": finding.documentation}
    return _result(finding.rule, finding.name, status, severity, finding.message, subject) | {
        "scored": is_scored,
        "properties": {name: text[:_MAXIMUM_MESSAGE_CHARACTERS] for name, text in properties.items() if text},
    }


def _result(policy: str, rule: str, status: str, severity: str, message: str, subject: Document) -> Document:
    return {
        "policy": policy,
        "rule": rule,
        "result": status,
        "severity": severity,
        "message": message[:_MAXIMUM_MESSAGE_CHARACTERS],
        "source": SOURCE,
        "resources": [subject],
    }


def _reference(manifest: ManifestObject) -> Document:
    metadata = manifest.body.get("metadata")
    uid = metadata.get("uid") if isinstance(metadata, dict) else None
    reference = {
        "apiVersion": manifest.api_version,
        "kind": manifest.kind,
        "namespace": manifest.namespace,
        "name": manifest.name,
        "uid": uid if isinstance(uid, str) else "",
    }
    return {key: value for key, value in reference.items() if value}
