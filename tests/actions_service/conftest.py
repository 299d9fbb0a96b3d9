"""A running service that needs no tokens, and the manifests that specifications send it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.actions_service.serving import Client, open_settings, serving

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with serving(open_settings()) as client:
        yield client


@pytest.fixture
def fixture_file() -> Callable[[str], dict[str, str]]:
    """Read a fixture as a file of an action's input."""

    def read(name: str) -> dict[str, str]:
        return {"path": name, "content": (FIXTURES / name).read_text(encoding="utf-8")}

    return read
