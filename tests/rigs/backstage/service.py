"""Starts the actions service as its users do: ``python -m actions_service`` with flags."""

import http.client
import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.rigs.backstage.client import Reply, request
from tests.rigs.backstage.install import PROJECT
from tests.rigs.backstage.process import RunningProcess, start

READY_TIMEOUT_SECONDS = 60


@dataclass(slots=True)
class ActionsService:
    """The actions service, which a test may stop and start again on the same port.

    Attributes:
        port: The loopback port it listens on.
        backstage_url: The Backstage whose plugin tokens it accepts.
        token: The static token it accepts on its REST routes.
        directory: Where its token file and its log are.
        process: The running process, None while it is stopped.
    """

    port: int
    backstage_url: str
    token: str
    directory: Path
    process: RunningProcess | None = field(default=None)

    @property
    def url(self) -> str:
        """Root of the service."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            ProcessFailedError: It did not become ready.
        """
        token_file = self.directory / "tokens"
        token_file.write_text(f"{self.token}\n", encoding="utf-8")
        flags = {
            "--host": "127.0.0.1",
            "--port": str(self.port),
            "--backstage-url": self.backstage_url,
            "--token-file": str(token_file),
            # No load balancer has to notice that it ends.
            "--drain-seconds": "0",
        }
        command = [sys.executable, "-m", "actions_service", *itertools.chain.from_iterable(flags.items())]
        self.process = start("the actions service", command, self.directory / "actions-service.log", PROJECT, {})
        self.process.wait_until(self._is_ready, READY_TIMEOUT_SECONDS)

    def stop(self) -> None:
        """End it; nothing happens when it does not run."""
        if self.process is not None:
            self.process.stop()
            self.process = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Be without the service while the context lasts."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def call(self, action: str, body: object) -> Reply:
        """Call an action over plain REST with the static token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return request(self.url, "POST", f"/v1/actions/{action}", body, headers)

    def log(self) -> str:
        """Return everything it has logged, over all its starts."""
        return (self.directory / "actions-service.log").read_text(encoding="utf-8", errors="replace")

    def _is_ready(self) -> bool:
        try:
            return request(self.url, "GET", "/readyz").status == 200
        except (ConnectionError, http.client.HTTPException):
            return False
