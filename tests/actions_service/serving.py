"""The real application on a real socket, and the requests that the specifications send it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from actions_service.action import Resources
from actions_service.application import make_application
from actions_service.settings import Settings
from neuroscale.architecture.catalogue import load_catalogue

LISTING = "/api/neuroscale/.backstage/actions/v1/actions"
GEMMA = "google/gemma-4-26B-A4B"

Client = TestClient[Any, Any]


def invocation(action: str, version: str = "v1") -> str:
    """Return the path of an action on Backstage's face."""
    return f"/api/neuroscale/.backstage/actions/{version}/actions/neuroscale%3A{action}/invoke"


def open_settings(**changes: Any) -> Settings:
    """Return settings without tokens, which serve this machine."""
    return Settings(resources=Resources(load_catalogue()), **changes)


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Client]:
    """Serve on a free port of the loopback address and give a client for it."""
    async with TestClient(TestServer(make_application(settings))) as client:
        yield client


async def json_of(response: ClientResponse) -> Any:
    """Return the body, which must be exactly application/json: Backstage's HTTP action parses nothing else."""
    assert response.headers["Content-Type"] == "application/json"
    return await response.json()
