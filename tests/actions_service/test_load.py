"""Under load: what cannot be computed now is refused at once, and the listing always answers."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from actions_service.context import CONTEXT
from actions_service.execution import Workers
from actions_service.failures import Failure, RequestError
from tests.actions_service.serving import GEMMA, LISTING, Client, invocation, json_of, open_settings, serving


@asynccontextmanager
async def busy(client: Client, count: int) -> AsyncIterator[None]:
    """Keep workers of the running service computing until the context is left."""
    application = client.app
    assert isinstance(application, web.Application)
    workers = application[CONTEXT].workers
    done = threading.Event()

    def work() -> bytes:
        done.wait()
        return b""

    computing = [asyncio.create_task(workers.compute(work)) for _ in range(count)]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        done.set()
        await asyncio.gather(*computing)


@pytest.mark.parametrize("path", ["/v1/actions/inspect-model", invocation("inspect-model")])
async def test_with_every_worker_busy_a_request_is_refused_at_once(path: str) -> None:
    async with serving(open_settings(worker_limit=2)) as client:
        async with busy(client, 1):
            assert (await client.post(path, json={"model": GEMMA})).status == 200
        async with busy(client, 2):
            response = await client.post(path, json={"model": GEMMA})
            error = (await json_of(response))["error"]
            assert response.status == 503
            assert response.headers["Retry-After"] == "1"
            assert error["name"] == "ServiceUnavailableError"
        assert (await client.post(path, json={"model": GEMMA})).status == 200


async def test_with_every_worker_busy_the_listing_health_and_reference_answer() -> None:
    async with serving(open_settings(worker_limit=1)) as client, busy(client, 1):
        for path in (LISTING, "/v1/actions", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"):
            assert (await client.get(path)).status == 200


async def test_of_many_requests_at_once_each_is_answered_or_refused() -> None:
    async with serving(open_settings(worker_limit=2)) as client:
        responses = await asyncio.gather(
            *(client.post("/v1/actions/inspect-model", json={"model": GEMMA}) for _ in range(60))
        )
        statuses = {response.status for response in responses}
        assert 200 in statuses
        assert statuses <= {200, 503}


async def test_work_over_its_deadline_is_a_504_and_keeps_its_place_until_it_ends() -> None:
    done = threading.Event()

    def work() -> bytes:
        done.wait()
        return b"late"

    with Workers(limit=1, deadline_seconds=0.01) as workers:
        with pytest.raises(RequestError) as late:
            await workers.compute(work)
        assert late.value.failure is Failure.OUT_OF_TIME
        with pytest.raises(RequestError) as refused:
            await workers.compute(lambda: b"")
        assert refused.value.failure is Failure.UNAVAILABLE
        done.set()
        while workers.busy:  # noqa: ASYNC110 - the thread has no event to wait for
            await asyncio.sleep(0.001)


async def test_a_body_that_does_not_arrive_is_a_408() -> None:
    never = asyncio.Event()

    async def trickle() -> AsyncIterator[bytes]:
        yield b"{"
        await never.wait()

    async with serving(open_settings(body_deadline_seconds=0.05)) as client:
        response = await client.post(
            "/v1/actions/inspect-model", data=trickle(), headers={"Content-Type": "application/json"}
        )
        assert response.status == 408
        assert response.headers["Connection"] == "close"


async def test_more_bodies_than_the_limit_are_refused_at_once() -> None:
    arrived, go = asyncio.Event(), asyncio.Event()

    async def held_back() -> AsyncIterator[bytes]:
        yield b'{"model": '
        arrived.set()
        await go.wait()
        yield f'"{GEMMA}"}}'.encode()

    headers = {"Content-Type": "application/json"}
    async with serving(open_settings(receive_limit=1)) as client:
        first = asyncio.create_task(client.post("/v1/actions/inspect-model", data=held_back(), headers=headers))
        await arrived.wait()
        # Only its answers tell when the service has begun to read the first body.
        refused = await client.post("/v1/actions/inspect-model", json={"model": GEMMA})
        while refused.status == 200:
            refused = await client.post("/v1/actions/inspect-model", json={"model": GEMMA})
        assert refused.status == 503
        go.set()
        assert (await first).status == 200


async def test_metrics_count_requests_invocations_and_refusals(client: Client) -> None:
    await client.post("/v1/actions/inspect-model", json={"model": GEMMA})
    await client.post(invocation("inspect-model"), json={})
    await client.get("/v1/actions", headers={"X-Forwarded-For": "203.0.113.7"})
    text = await (await client.get("/metrics")).text()
    expected = (
        'neuroscale_actions_invocations_total{action="inspect-model",face="rest",status="200"} 1.0',
        'neuroscale_actions_invocations_total{action="inspect-model",face="backstage",status="422"} 1.0',
        'neuroscale_actions_rejected_callers_total{reason="not loopback"} 1.0',
        'neuroscale_actions_requests_total{method="GET",route="/v1/actions",status="403"} 1.0',
        'neuroscale_actions_invocation_duration_seconds_count{action="inspect-model"} 1.0',
        "neuroscale_actions_workers 4.0",
    )
    for line in expected:
        assert line in text
