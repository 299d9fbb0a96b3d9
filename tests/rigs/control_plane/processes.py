"""Child processes that log to files, are polled until ready, and never outlive the tests."""

import contextlib
import ctypes
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.05
_STOP_SECONDS = 10.0
_LINUX_SET_PARENT_DEATH_SIGNAL = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class ProcessFailedError(RuntimeError):
    """A server of the rig ended or did not become ready; the message carries the end of its log."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes:
        name: What it is called in messages.
        process: The process, leader of its own process group.
        log_file: Its standard output and error.
    """

    name: str
    process: subprocess.Popen[bytes]
    log_file: Path


@contextlib.contextmanager
def running(name: str, command: Sequence[str | Path], *, log_file: Path) -> Iterator[Server]:
    """Start a server in its own process group and stop that group at the end.

    Call it from the main thread: on Linux the kernel ends the server with the thread that started it, so that
    even a killed test run leaves no server behind.
    """
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent if _LIBC else None,  # noqa: PLW1509 (one system call, loaded before)
        )
    try:
        yield Server(name, process, log_file)
    finally:
        _stop(process)


def wait_until(
    condition: Callable[[], bool], *, what: str, server: Server | None, timeout_seconds: float = 120
) -> None:
    """Poll until the condition holds.

    Raises:
        ProcessFailedError: The server ended, or the time is over.
    """
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if server is not None and server.process.poll() is not None:
            reason = f"{server.name} ended with exit code {server.process.returncode}\n{_log_end(server)}"
            raise ProcessFailedError(reason)
        if time.monotonic() > deadline:
            reason = f"{what}: not so after {timeout_seconds:.0f} s\n{_log_end(server) if server else ''}"
            raise ProcessFailedError(reason)
        time.sleep(_POLL_SECONDS)


def answers_ok(url: str, *, trust: ssl.SSLContext | None = None, token: str | None = None) -> bool:
    """Return whether a GET of the address answers with HTTP 200."""
    request = urllib.request.Request(url)
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    # An opener of its own: a proxy of the environment must not see requests to the loopback.
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust or ssl.create_default_context())
    )
    try:
        with opener.open(request, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_ports(count: int) -> list[int]:
    """Return different TCP ports that nobody listens on at 127.0.0.1."""
    with contextlib.ExitStack() as sockets:
        listeners = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [int(listener.getsockname()[1]) for listener in listeners]


def _die_with_parent() -> None:
    if _LIBC:
        _LIBC.prctl(_LINUX_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for stop_signal in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)


def _log_end(server: Server | None) -> str:
    if server is None:
        return ""
    return "\n".join(server.log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
