"""The certificate in use, and the poll that takes a renewed one.

Loading a mismatched pair into a context that serves breaks that context for every new connection. So a new pair is
read into a context of its own, checked, and only then handed to new connections by the server name callback. The
context that listens is never touched again, and a connection keeps the pair it began with.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from admission_webhook.certificates.pair import PairFiles, digest_files, read_pair
from admission_webhook.metrics import WebhookMetrics
from admission_webhook.structured_log import StructuredLog
from neuroscale.errors import NeuroScaleError


class LiveCertificate:
    """The pair that new connections get.

    Attributes:
        context: Give this to the server; it follows every renewal.
    """

    def __init__(
        self,
        files: PairFiles,
        dns_names: Sequence[str],
        metrics: WebhookMetrics,
        log: StructuredLog,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Read the first pair.

        Raises:
            NeuroScaleError: It cannot be read or cannot serve. Dates do not matter here: a pair that is not valid
                keeps `is_valid` False until it is renewed.
        """
        self._files = files
        self._dns_names = tuple(dns_names)
        self._metrics = metrics
        self._log = log
        self._now = now
        self._last_refusal = ""
        self._pair = read_pair(files, self._dns_names)
        self.context = read_pair(files, self._dns_names).context
        self.context.sni_callback = self._use_current_pair
        self._announce("certificate-loaded")

    def is_valid(self) -> bool:
        """Whether clients accept the dates of the pair in use."""
        return self._pair.is_valid_at(self._now())

    def poll(self) -> None:
        """Take the pair on disk when it is another one and can serve; else keep the one in use."""
        try:
            digest = digest_files(self._files)
            if digest == self._pair.digest:
                self._last_refusal = ""
                return
            pair = read_pair(self._files, self._dns_names)
        except NeuroScaleError as error:
            self._refuse(str(error))
            return
        if not pair.is_valid_at(self._now()):
            self._refuse(f"{self._files.certificate}: it or its authority is not valid now")
            return
        self._pair = pair
        self._last_refusal = ""
        self._announce("certificate-renewed")

    async def keep_polling(self, seconds: float) -> None:
        """Poll for as long as the server runs. Contents are compared: mounted Secrets send no reliable events."""
        while True:
            await asyncio.sleep(seconds)
            await asyncio.to_thread(self.poll)

    def _use_current_pair(
        self, connection: ssl.SSLObject | ssl.SSLSocket, _server_name: str | None, _context: ssl.SSLContext
    ) -> None:
        connection.context = self._pair.context

    def _refuse(self, reason: str) -> None:
        if reason != self._last_refusal:
            self._last_refusal = reason
            self._metrics.certificate_loads.labels("refused").inc()
            self._log.warning("certificate-refused", reason=reason)

    def _announce(self, event: str) -> None:
        pair = self._pair
        self._metrics.certificate_loads.labels("taken").inc()
        self._metrics.certificate_expiry.labels("leaf").set(pair.valid_until.timestamp())
        if pair.authority_valid_until is not None:
            self._metrics.certificate_expiry.labels("authority").set(pair.authority_valid_until.timestamp())
        self._log.info(event, valid_until=pair.valid_until.isoformat(), valid=self.is_valid())
