"""A running service that needs no tokens."""

from collections.abc import AsyncIterator

import pytest

from tests.actions_service.serving import Client, open_settings, serving


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with serving(open_settings()) as client:
        yield client
