"""A hub, and a way to read from it as a person does on the command line."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from neuroscale.model_sources.found_model import FoundModel
from neuroscale.model_sources.limits import Limits
from neuroscale.model_sources.location import parse_model_location
from neuroscale.model_sources.sources import ModelSources, SourceSettings
from tests.model_sources.hub import Hub, running_hub

Read = Callable[..., FoundModel]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the tokens and settings of whoever runs the tests out of them."""
    for name in ("HF_TOKEN", "HF_ENDPOINT", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub-home"))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Run a hub that HF_ENDPOINT names."""
    with running_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield hub


@pytest.fixture
def read() -> Read:
    """Read the model that a text names."""

    def read_model(text: str, token: str | None = None, **settings: object) -> FoundModel:
        limits = settings.pop("limits", Limits(total_seconds=10.0, idle_seconds=5.0))
        sources = ModelSources(SourceSettings(hub_token=lambda: token, limits=limits, **settings))  # type: ignore[arg-type]
        return sources.read(parse_model_location(text), field="model")

    return read_model
