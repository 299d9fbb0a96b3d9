"""Starting the webhook: what stops it, in one line that names the option, and where options come from."""

import asyncio
import os
import socket
import sys

import aiohttp
import pytest
import yaml

from admission_webhook.certificates.issue import CertificateFiles
from tests.admission_webhook.process import webhook_process
from tests.admission_webhook.serving import FIXTURES, review_of, trust


async def start(certificates: CertificateFiles, *arguments: str, **environment: str) -> tuple[int, list[str]]:
    """Run the command until it ends, and return its exit code and the lines that are not log events."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "admission_webhook", "--port", "0", "--health-port", "0",
        "--certificate", str(certificates.certificate), "--key", str(certificates.key), *arguments,
        stderr=asyncio.subprocess.PIPE,
        env={**{name: value for name, value in os.environ.items() if "KUBERNETES" not in name}, **environment},
    )  # fmt: skip
    _, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, [line for line in errors.decode().splitlines() if not line.startswith("{")]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--no-cluster", "--key", "CA"], "is not an unencrypted PEM private key"),
        (["--no-cluster", "--dns-name", "other.svc"], "the certificate is not valid for other.svc"),
        (["--no-cluster", "--context", "CA"], "ca.crt:"),
        (["--no-cluster", "--profile-public-key", "CA"], "is not a PEM public key"),
        (["--no-cluster", "--port", "TAKEN"], "error: cannot listen: "),
        (
            [],
            "error: --kubeconfig: cannot connect to the cluster: Service host/port is not set. (give",
        ),
        (["--kubeconfig", "CA"], "is not a usable kubeconfig"),
        (["--mode", "perhaps"], "Invalid value for '--mode'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
async def test_what_stops_the_start_is_named_in_one_line(
    certificates: CertificateFiles, arguments: list[str], complaint: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        values = {"CA": str(certificates.authority), "TAKEN": str(taken.getsockname()[1])}
        code, lines = await start(certificates, *(values.get(argument, argument) for argument in arguments))
    assert code == 2
    assert complaint in lines[-1]
    assert not [line for line in lines if "Traceback" in line]


async def test_options_come_from_the_environment_too(certificates: CertificateFiles) -> None:
    code, lines = await start(certificates, NEUROSCALE_CLUSTER="false", NEUROSCALE_DNS_NAME="env.svc")
    assert code == 2
    assert "the certificate is not valid for env.svc" in lines[-1]


async def test_objects_given_at_start_are_known_to_the_rules(certificates: CertificateFiles) -> None:
    body = yaml.safe_load((FIXTURES / "cluster" / "uses-runtime.yaml").read_text(encoding="utf-8"))
    context = str(FIXTURES / "cluster" / "runtime.yaml")
    connector = aiohttp.TCPConnector(ssl=trust(certificates.authority))
    async with (
        webhook_process(certificates, "--no-cluster", "--context", context) as webhook,
        aiohttp.ClientSession(connector=connector) as client,
        client.post(webhook.url, json=review_of(body)) as response,
    ):
        message = (await response.json())["response"]["status"]["message"]
    assert "NS101: spec.predictor.model: tensor parallel size 3" in message
