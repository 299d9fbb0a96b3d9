"""Leaving: a rollout fails no call, and the process ends with 0."""

import asyncio

import aiohttp
import pytest

from admission_webhook.certificates.issue import CertificateFiles
from tests.admission_webhook.process import WebhookProcess, webhook_process
from tests.admission_webhook.serving import read_review, trust

REVIEW = read_review("create-inference-service.json")
CLIENTS = 20


class Endpoints:
    """What a Service does: it hands out replicas that were ready when they were last asked."""

    def __init__(self, *replicas: WebhookProcess) -> None:
        self.ready = list(replicas)

    async def keep_probing(self) -> None:
        replicas = list(self.ready)
        async with aiohttp.ClientSession() as client:
            while True:
                self.ready = [replica for replica in replicas if await _is_ready(client, replica)]
                await asyncio.sleep(0.1)


async def _is_ready(client: aiohttp.ClientSession, replica: WebhookProcess) -> bool:
    try:
        async with client.get(replica.health_url("/readyz")) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


async def test_a_rollout_under_keep_alive_load_fails_no_call(certificates: CertificateFiles) -> None:
    async with (
        webhook_process(certificates, "--no-cluster", "--drain-seconds", "1.5") as old,
        webhook_process(certificates, "--no-cluster") as new,
    ):
        endpoints, stop = Endpoints(old, new), asyncio.Event()
        answered_by = {old.port: 0, new.port: 0}

        async def keep_calling(number: int) -> None:
            # One connection each, used again as long as the server lets it, as the API server does.
            connector = aiohttp.TCPConnector(ssl=trust(certificates.authority), limit=1)
            async with aiohttp.ClientSession(connector=connector) as client:
                replica = endpoints.ready[number % len(endpoints.ready)]
                while not stop.is_set():
                    async with client.post(replica.url, params={"timeout": "10s"}, json=REVIEW) as response:
                        assert response.status == 200
                        await response.read()
                    answered_by[replica.port] += 1
                    if response.headers.get("Connection") == "close":
                        replica = endpoints.ready[number % len(endpoints.ready)]

        async with asyncio.TaskGroup() as group:
            probe = group.create_task(endpoints.keep_probing())
            for number in range(CLIENTS):
                group.create_task(keep_calling(number))
            await asyncio.sleep(0.5)
            old.terminate()
            assert await old.process.wait() == 0
            before = answered_by[new.port]
            await asyncio.sleep(0.3)
            stop.set()
            probe.cancel()
        assert answered_by[old.port] > 0
        assert answered_by[new.port] > before


async def test_a_leaving_replica_is_not_ready_and_hands_connections_back(
    certificates: CertificateFiles,
) -> None:
    connector = aiohttp.TCPConnector(ssl=trust(certificates.authority))
    async with (
        webhook_process(certificates, "--no-cluster", "--drain-seconds", "1") as webhook,
        aiohttp.ClientSession(connector=connector) as client,
    ):
        async with client.post(webhook.url, json=REVIEW) as response:
            assert "Connection" not in response.headers
        webhook.terminate()
        while True:
            async with client.get(webhook.health_url("/readyz")) as response:
                if response.status == 503:
                    assert await response.text() == "shutting down\n"
                    break
        async with client.post(webhook.url, json=REVIEW) as response:
            assert (response.status, response.headers["Connection"]) == (200, "close")
        assert await webhook.process.wait() == 0


@pytest.mark.parametrize("drain_seconds", ["0", "0.2"])
async def test_an_idle_replica_ends_with_0(certificates: CertificateFiles, drain_seconds: str) -> None:
    async with webhook_process(certificates, "--no-cluster", "--drain-seconds", drain_seconds) as webhook:
        webhook.terminate()
        assert await webhook.process.wait() == 0
