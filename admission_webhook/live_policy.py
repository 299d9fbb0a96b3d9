"""The platform's policy in use, and the poll that takes a changed one.

A mounted ConfigMap is replaced while the process runs. What cannot be read or is wrong is told and counted, and the
policy in use stays: an exception neither appears nor vanishes by a mistake in the file.
"""

import asyncio
from datetime import UTC, datetime, time
from pathlib import Path

from admission_webhook.metrics import PolicyMetrics, WebhookMetrics
from admission_webhook.structured_log import StructuredLog
from neuroscale.errors import NeuroScaleError
from neuroscale.rules.exceptions import ExceptionReport, RuleException
from neuroscale.rules.policy import RulePolicy
from neuroscale.rules.policy_file import policy_content, policy_of_content

DEFAULT_POLICY_POLL_SECONDS = 10.0


class LivePolicy:
    """The policy that reviews are judged by."""

    def __init__(self, file: Path, metrics: PolicyMetrics, log: StructuredLog) -> None:
        """Read the first policy.

        Raises:
            NeuroScaleError: It cannot be read, or a field of it is wrong.
        """
        self._file = file
        self._metrics = metrics
        self._log = log
        self._last_refusal = ""
        self._content = policy_content(file)
        self._policy = RulePolicy()
        self._take(self._content, "policy-loaded")

    def current(self) -> RulePolicy:
        """Return the policy in use."""
        return self._policy

    def poll(self) -> None:
        """Take the policy on disk when it is another one and right; else keep the one in use."""
        try:
            content = policy_content(self._file)
            if content != self._content:
                self._take(content, "policy-changed")
        except NeuroScaleError as error:
            reason = str(error)
            if reason != self._last_refusal:
                self._last_refusal = reason
                self._metrics.policy_loads.labels("refused").inc()
                self._log.warning("policy-refused", reason=reason)
            return
        self._last_refusal = ""

    async def keep_polling(self, seconds: float = DEFAULT_POLICY_POLL_SECONDS) -> None:
        """Poll for as long as the server runs. Contents are compared: mounted files send no reliable events."""
        while True:
            await asyncio.sleep(seconds)
            await asyncio.to_thread(self.poll)

    def _take(self, content: bytes, event: str) -> None:
        policy = policy_of_content(content, self._file)
        before, after = (set(map(exception_labels, each.exceptions)) for each in (self._policy, policy))
        for gone in before - after:
            self._metrics.excepted_findings.remove(*gone)
            self._metrics.exception_expiry.remove(*gone)
        for exception in policy.exceptions:
            # Made at once: a series that stays at nought is an exception that nothing needs.
            self._metrics.excepted_findings.labels(*exception_labels(exception))
            expiry = datetime.combine(exception.expires, time.max, UTC)
            self._metrics.exception_expiry.labels(*exception_labels(exception)).set(expiry.timestamp())
        self._content, self._policy = content, policy
        self._metrics.policy_loads.labels("taken").inc()
        today = datetime.now(UTC).date()
        self._log.info(
            event,
            severities=len(policy.severities),
            exceptions=len(policy.exceptions),
            expired=[_title(each) for each in policy.exceptions if not each.holds_on(today)],
        )


def exception_labels(exception: RuleException) -> tuple[str, str, str]:
    """Return the labels that name an exception among the metrics: rule, objects, owner."""
    return exception.rule, exception.objects, exception.owner


def count_uses(metrics: WebhookMetrics, report: ExceptionReport) -> None:
    """Count what exceptions set aside in one review."""
    for use in report.used:
        metrics.excepted_findings.labels(*exception_labels(use.exception)).inc(len(use.findings))


def _title(exception: RuleException) -> str:
    return f"{exception.rule} {exception.objects} ({exception.owner})"
