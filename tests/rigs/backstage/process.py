"""Child processes of the rigs: started with their output in a file, awaited, and ended by their own id."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 15
_POLL_SECONDS = 0.05


class ProcessFailedError(Exception):
    """A process ended or stayed silent instead of becoming ready; the message ends with its last output."""


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """A child process.

    Attributes:
        name: What it is, for messages.
        popen: Its handle.
        log: The file with its standard output and standard error.
    """

    name: str
    popen: "subprocess.Popen[bytes]"
    log: Path

    def output(self) -> str:
        """Return what it has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_until(self, ready: Callable[[], bool], timeout_seconds: float) -> None:
        """Return as soon as ``ready()`` is true.

        Raises:
            ProcessFailedError: The process ended first, or the time is over.
        """
        deadline = time.monotonic() + timeout_seconds
        while not ready():
            if self.popen.poll() is not None:
                raise ProcessFailedError(f"{self.name} ended with {self.popen.returncode}:\n{self._last_lines()}")
            if time.monotonic() > deadline:
                raise ProcessFailedError(f"{self.name} is not ready:\n{self._last_lines()}")
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End the process: politely, then by force."""
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()

    def _last_lines(self) -> str:
        return "\n".join(self.output().splitlines()[-20:])


def start(
    name: str, command: Sequence[str | Path], log: Path, cwd: Path, environment: Mapping[str, str]
) -> RunningProcess:
    """Start a process whose environment is this one's with the additions."""
    with log.open("ab") as output:
        popen = subprocess.Popen(
            command,
            cwd=cwd,
            env=os.environ | dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return RunningProcess(name, popen, log)


def free_port() -> int:
    """Return a TCP port of the loopback interface that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
