"""The webhook as its users run it: a process of its own."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from admission_webhook.certificates.issue import CertificateFiles


@dataclass(frozen=True, slots=True)
class WebhookProcess:
    """A running webhook."""

    process: asyncio.subprocess.Process
    port: int
    health_port: int

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/validate"

    def health_url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.health_port}{path}"

    def resident_bytes(self) -> int:
        """Memory that the process holds now."""
        return self._memory_bytes("VmRSS")

    def peak_resident_bytes(self) -> int:
        """The most memory that the process ever held."""
        return self._memory_bytes("VmHWM")

    def _memory_bytes(self, name: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        [line] = [line for line in status.splitlines() if line.startswith(f"{name}:")]
        return int(line.split()[1]) * 1024

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)


@asynccontextmanager
async def webhook_process(certificates: CertificateFiles, *arguments: str) -> AsyncIterator[WebhookProcess]:
    """Start the webhook on free ports and wait until it listens; end it on leaving."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "admission_webhook", "--port", "0", "--health-port", "0",
        "--certificate", str(certificates.certificate), "--key", str(certificates.key),
        "--drain-seconds", "0", *arguments,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    told: list[str] = []
    drained: asyncio.Task[None] | None = None
    try:
        while True:
            line = (await process.stderr.readline()).decode()
            assert line, f"the webhook ended: {''.join(told)}"
            told.append(line)
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("event") == "listening":
                break
        drained = asyncio.create_task(_drain(process.stderr))
        yield WebhookProcess(process, event["port"], event["health_port"])
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        if drained is not None:
            await drained


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.read(65536):
        pass
