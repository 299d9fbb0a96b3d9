"""The service as its users run it: a process with flags, environment variables, logs and signals."""

import asyncio
import json
import signal
from pathlib import Path

import aiohttp

from tests.actions_service.process import running
from tests.actions_service.serving import GEMMA

_TOKEN = "correct-horse-battery-staple"


async def test_logs_hold_what_happened_and_nothing_that_was_sent(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text(f"# for CI\n\n{_TOKEN}\n", encoding="utf-8")
    sent = "a-secret-model-name"
    async with running("--token-file", str(tokens)) as service, aiohttp.ClientSession() as session:
        good = {"Authorization": f"Bearer {_TOKEN}", "X-Request-Id": "task-42"}
        body = {"model": f"secret-org/{sent}"}
        async with session.post(service.url("/v1/actions/inspect-model"), json=body, headers=good) as response:
            assert response.status == 422
        bad = {"Authorization": "Bearer a-guessed-token-1234"}
        async with session.get(service.url("/v1/actions"), headers=bad) as response:
            assert response.status == 401
        async with session.get(service.url(f"/{sent}?token={_TOKEN}")) as response:
            assert response.status == 404
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(f"GET / HTTP/1.1\r\nAuthorization: Bearer {_TOKEN}\x00{sent}\r\n\r\n".encode())
        assert b" 400 " in await reader.readline()
        writer.close()
        service.process.send_signal(signal.SIGINT)
        assert await service.ended() == 0
    log = "".join(service.lines)
    for secret in (_TOKEN, "a-guessed-token-1234", sent, "secret-org"):
        assert secret not in log
    written = [json.loads(line) for line in service.lines]
    invoked = next(line for line in written if line.get("request_id") == "task-42")
    assert invoked["event"] == "request"
    assert invoked["action"] == "neuroscale:inspect-model"
    assert invoked["caller"] == "static-token"
    assert invoked["status"] == 422
    assert "token unknown" in {line.get("reason") for line in written}


async def test_it_drains_on_sigterm_and_loses_nobody() -> None:
    async with running("--drain-seconds", "1") as service, aiohttp.ClientSession() as session:
        statuses: list[int] = []
        is_over = asyncio.Event()

        async def keep_asking() -> None:
            while not is_over.is_set():
                async with session.post(
                    service.url("/v1/actions/inspect-model"), json={"model": GEMMA}
                ) as response:
                    statuses.append(response.status)
                    if response.headers.get("Connection") == "close":
                        is_over.set()

        askers = [asyncio.create_task(keep_asking()) for _ in range(4)]
        while len(statuses) < 20:  # noqa: ASYNC110 - counts what the askers did
            await asyncio.sleep(0)
        service.process.send_signal(signal.SIGTERM)
        await service.wait_for("draining")
        async with session.get(service.url("/readyz")) as response:
            assert response.status == 503
        async with session.get(service.url("/healthz")) as response:
            assert response.status == 200
        await asyncio.gather(*askers)
        assert set(statuses) == {200}
        assert await service.ended() == 0


async def test_a_second_signal_stops_at_once() -> None:
    async with running("--drain-seconds", "3600") as service:
        service.process.send_signal(signal.SIGTERM)
        await service.wait_for("draining")
        service.process.send_signal(signal.SIGTERM)
        assert await service.ended() == 0
