"""Writing the findings into the cluster as OpenReports, one for each namespace, where others' dashboards look.

A report is written when what it says has changed, and deleted when nothing is left to judge in its namespace. What
cannot be written is told, counted, and tried again soon: the findings are in the metrics all the same.
"""

import time
from urllib.parse import quote

import aiohttp

from admission_webhook.audit.auditor import Reported
from admission_webhook.audit.metrics import AuditMetrics
from admission_webhook.structured_log import StructuredLog
from neuroscale.cluster.connection import ApiConnection, ApiStatusError
from neuroscale.cluster.listing import MissingResourceError, list_resource
from neuroscale.cluster.resources import ClusterResource
from neuroscale.reports.open_reports import MANAGED_BY, REPORT_NAME, Document, open_report, without_time

_GROUP = "openreports.io"
REPORTS = ClusterResource("reports", "Report", _GROUP, ("v1alpha1",))
CLUSTER_REPORTS = ClusterResource("clusterreports", "ClusterReport", _GROUP, ("v1alpha1",), is_namespaced=False)
FIELD_MANAGER = "neuroscale-audit"
_FAILURES = (ApiStatusError, MissingResourceError, aiohttp.ClientError, TimeoutError, OSError, ValueError)
_SELECTOR = ",".join(f"{key}={value}" for key, value in MANAGED_BY.items())


class ReportPublisher:
    """Keeps the reports in the cluster equal to the findings."""

    def __init__(self, connection: ApiConnection, metrics: AuditMetrics, log: StructuredLog) -> None:
        self._connection = connection
        self._metrics = metrics
        self._log = log
        self._written: dict[str, Document] | None = None

    async def publish(self, reported: Reported, *, anew: bool) -> bool:
        """Write the reports that changed, or all when `anew`, and delete those of namespaces with nothing to judge.

        Returns:
            Whether the cluster holds all of it now.
        """
        try:
            if anew or self._written is None:
                self._written = await self._found()
        except _FAILURES as error:
            self._fail("", error)
            return False
        now = int(time.time())
        is_complete = True
        for namespace, objects in reported.items():
            report = open_report(namespace, objects, now)
            if self._written.get(namespace) != without_time(report):
                is_complete &= await self._write(self._written, namespace, report)
        for namespace in self._written.keys() - reported.keys():
            is_complete &= await self._delete(self._written, namespace)
        return is_complete

    async def _found(self) -> dict[str, Document]:
        """Return the namespaces that hold a report of ours; what it says is not compared, but written anew."""
        found: dict[str, Document] = {}
        for resource in (REPORTS, CLUSTER_REPORTS):
            listed = await list_resource(self._connection, resource, label_selector=_SELECTOR)
            found |= {manifest.namespace: {} for manifest in listed.objects if manifest.name == REPORT_NAME}
        return found

    async def _write(self, written: dict[str, Document], namespace: str, report: Document) -> bool:
        try:
            await self._connection.apply(_path(namespace), report, FIELD_MANAGER)
        except _FAILURES as error:
            self._fail(namespace, error)
            return False
        written[namespace] = without_time(report)
        self._metrics.reports.labels("written").inc()
        return True

    async def _delete(self, written: dict[str, Document], namespace: str) -> bool:
        try:
            await self._connection.delete(_path(namespace))
        except _FAILURES as error:
            if not (isinstance(error, ApiStatusError) and error.status == 404):
                self._fail(namespace, error)
                return False
        del written[namespace]
        self._metrics.reports.labels("deleted").inc()
        return True

    def _fail(self, place: str, error: Exception) -> None:
        self._metrics.reports.labels("failed").inc()
        reason = str(error) if isinstance(error, ApiStatusError) else type(error).__name__
        self._log.warning("report-not-written", namespace=place, reason=reason)


def _path(namespace: str) -> str:
    resource = REPORTS if namespace else CLUSTER_REPORTS
    return f"{resource.path('v1alpha1', quote(namespace))}/{REPORT_NAME}"
