"""Both services as processes of this machine, with development keys and certificates."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HOST = "127.0.0.1"
_READY_WITHIN_SECONDS = 30.0


class ServiceFailedError(Exception):
    """A service ended or did not become ready; the message names its log."""


@dataclass(frozen=True, slots=True)
class LocalServices:
    """The running services.

    Attributes:
        actions_url: Base address of the actions service.
        webhook_url: Address that takes admission reviews.
        certificate_authority: PEM file that the webhook's certificate is verified with.
    """

    actions_url: str
    webhook_url: str
    certificate_authority: Path


@contextlib.asynccontextmanager
async def local_services(directory: Path) -> AsyncIterator[LocalServices]:
    """Start both services with keys, certificates and logs below the directory; stop them on leaving.

    Raises:
        ServiceFailedError: A service did not become ready.
    """
    private_key, public_key = _write_profile_keys(directory)
    await _run(
        "-m", "admission_webhook.certificates", "--directory", str(directory / "certificates"),
        "--dns-name", "localhost", "--ip", HOST,
    )  # fmt: skip
    actions_port, webhook_port, health_port = (_free_port(preferred) for preferred in (8080, 8443, 8081))
    actions_url = f"http://{HOST}:{actions_port}"
    async with (
        _service(
            directory / "actions.log",
            f"{actions_url}/readyz",
            "-m", "actions_service", "--host", HOST, "--port", str(actions_port), "--profile-key", str(private_key),
        ),
        _service(
            directory / "webhook.log",
            f"http://{HOST}:{health_port}/readyz",
            "-m", "admission_webhook", "--host", HOST, "--port", str(webhook_port),
            "--certificate", str(directory / "certificates" / "tls.crt"),
            "--key", str(directory / "certificates" / "tls.key"),
            "--health-host", HOST, "--health-port", str(health_port),
            "--profile-public-key", str(public_key), "--no-cluster",
        ),
    ):  # fmt: skip
        yield LocalServices(
            actions_url=actions_url,
            webhook_url=f"https://{HOST}:{webhook_port}/validate",
            certificate_authority=directory / "certificates" / "ca.crt",
        )


def _write_profile_keys(directory: Path) -> tuple[Path, Path]:
    directory.mkdir(parents=True, exist_ok=True)
    private_path, public_path = directory / "profile.key", directory / "profile.pub"
    key = Ed25519PrivateKey.generate()
    private_path.touch(mode=0o600)
    private_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    public_path.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return private_path, public_path


def _free_port(preferred: int) -> int:
    """Return the preferred port, or any free one when something else listens there."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ServiceFailedError(f"no free port on {HOST}")


async def _run(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise ServiceFailedError(f"python {' '.join(arguments)} failed: {output.decode(errors='replace').strip()}")


@contextlib.asynccontextmanager
async def _service(log: Path, ready_url: str, *arguments: str) -> AsyncIterator[None]:
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdout=output, stderr=asyncio.subprocess.STDOUT, start_new_session=True
        )
    try:
        await _wait_until_ready(process, ready_url, log)
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), timeout=15)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _wait_until_ready(process: asyncio.subprocess.Process, ready_url: str, log: Path) -> None:
    deadline = asyncio.get_running_loop().time() + _READY_WITHIN_SECONDS
    async with aiohttp.ClientSession() as session:
        while asyncio.get_running_loop().time() < deadline:
            if process.returncode is not None:
                raise ServiceFailedError(f"the service ended with code {process.returncode}; its log is {log}")
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(ready_url) as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.05)
    raise ServiceFailedError(f"the service was not ready within {_READY_WITHIN_SECONDS:.0f} s; its log is {log}")
