"""The service as a process of its own: started with flags and environment variables, watched through its log."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Service:
    """A running process and what it has logged."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    port: int = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def wait_for(self, event: str) -> dict[str, Any]:
        assert self.process.stderr is not None
        while line := (await self.process.stderr.readline()).decode():
            self.lines.append(line)
            written = json.loads(line)
            if written["event"] == event:
                found: dict[str, Any] = written
                return found
        raise AssertionError(f"the service ended: {self.lines}")

    async def ended(self) -> int:
        """Return the exit code, after everything it logged has been read."""
        assert self.process.stderr is not None
        self.lines.extend((await self.process.stderr.read()).decode().splitlines(keepends=True))
        return await self.process.wait()


@asynccontextmanager
async def running(*flags: str, **environment: str) -> AsyncIterator[Service]:
    """Start the service on a free port and wait until it listens; end it on leaving."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "actions_service", *flags,
        stderr=asyncio.subprocess.PIPE, env={**os.environ, "NEUROSCALE_PORT": "0", **environment},
    )  # fmt: skip
    service = Service(process)
    try:
        service.port = (await service.wait_for("listening"))["port"]
        yield service
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
