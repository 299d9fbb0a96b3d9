"""What one set of sources remembers, how many models it reads at once, and what it is permitted."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aiohttp import web

from neuroscale.errors import InvalidInputError, NeuroScaleError, UnreadableInputError
from neuroscale.model_sources.errors import SourceBusyError, SourceRefusedError
from neuroscale.model_sources.grants import read_grant
from neuroscale.model_sources.location import HubModel, LocalModel, parse_model_location
from neuroscale.model_sources.sources import ModelSources, SourceSettings
from tests.model_sources import weights
from tests.model_sources.conftest import Read
from tests.model_sources.hub import Hub, Repository
from tests.model_sources.servers import serving

CONFIG = json.dumps(weights.LLAMA).encode()


def test_a_model_is_remembered_by_repository_and_revision(hub: Hub) -> None:
    hub.repositories["acme/llama"] = Repository({"config.json": CONFIG}, revisions=("main", "v1"))
    sources = ModelSources(SourceSettings())
    first = sources.read(HubModel("acme/llama", "main"), field="model")
    assert sources.read(HubModel("acme/llama", "main"), field="model") is first
    assert len(hub.requests) == 2
    sources.read(HubModel("acme/llama", "v1"), field="model")
    assert len(hub.requests) == 4


def test_a_model_is_not_remembered_for_ever_nor_without_end(hub: Hub) -> None:
    hub.repositories |= {f"acme/{name}": Repository({"config.json": CONFIG}) for name in ("a", "b", "c")}
    brief = ModelSources(SourceSettings(kept_seconds=-1))
    for _ in range(2):
        brief.read(HubModel("acme/a"), field="model")
    assert len(hub.requests) == 4
    hub.requests.clear()
    small = ModelSources(SourceSettings(kept_models=2))
    for name in ("a", "b", "c", "c", "b", "a"):
        small.read(HubModel(f"acme/{name}"), field="model")
    assert len(hub.requests) == 2 * 4


def test_a_failure_is_not_remembered(hub: Hub) -> None:
    sources = ModelSources(SourceSettings())
    with pytest.raises(NeuroScaleError):
        sources.read(HubModel("acme/llama"), field="model")
    hub.repositories["acme/llama"] = Repository({"config.json": CONFIG})
    assert sources.read(HubModel("acme/llama"), field="model").config == weights.LLAMA


def test_files_of_this_machine_are_read_again(read: Read, tmp_path: Path) -> None:
    sources = ModelSources(SourceSettings())
    (tmp_path / "config.json").write_bytes(CONFIG)
    sources.read(LocalModel(tmp_path), field="model")
    (tmp_path / "config.json").write_bytes(json.dumps({**weights.LLAMA, "num_hidden_layers": 7}).encode())
    assert sources.read(LocalModel(tmp_path), field="model").architecture.layers == 7


def test_one_reading_too_many_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    arrived, may_go = threading.Event(), threading.Event()

    async def wait(_: web.Request) -> web.Response:
        arrived.set()
        await asyncio.get_running_loop().run_in_executor(None, may_go.wait, 10)
        return web.Response(status=500)

    application = web.Application()
    application.router.add_get("/{path:.*}", wait)
    sources = ModelSources(SourceSettings(readings_at_once=1))
    with serving(application) as port, ThreadPoolExecutor(1) as thread:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
        first = thread.submit(sources.read, HubModel("acme/a"), field="model")
        assert arrived.wait(10)
        with pytest.raises(SourceBusyError, match="too many models are being read"):
            sources.read(HubModel("acme/b"), field="model")
        may_go.set()
        with pytest.raises(NeuroScaleError, match="status 500"):
            first.result(10)
        with pytest.raises(NeuroScaleError, match="status 500"):
            sources.read(HubModel("acme/b"), field="model")


@pytest.mark.parametrize(
    ("grant", "text", "is_permitted"),
    [
        ("hf://", "acme/llama", True),
        ("hf://acme", "hf://ACME/llama@v1", True),
        ("hf://acme/llama", "hf://acme/llama/model.gguf", True),
        ("hf://acme", "hf://acme2/llama", False),
        ("hf://acme/llama", "hf://acme/llama-2", False),
        ("hf://", "s3://models/llama", False),
        ("s3://models", "s3://models/any/thing", True),
        ("s3://models", "gs://models/any/thing", False),
        ("s3://models/a", "s3://models/ab", False),
        ("az://models", "https://stranger.blob.core.windows.net/models/x", False),
        ("https://acct1.blob.core.windows.net/models", "https://acct1.blob.core.windows.net/models/x", True),
        ("https://models.example.com", "https://models.example.com/a/config.json", True),
        ("https://models.example.com", "https://models.example.com:8443/a", False),
        ("https://models.example.com", "https://models.example.com.evil.example/a", False),
        ("https://models.example.com/a/", "https://models.example.com/b", False),
    ],
)
def test_a_permission_covers_what_begins_with_it(grant: str, text: str, is_permitted: bool) -> None:
    sources = ModelSources(SourceSettings(grants=(read_grant(grant),)))
    assert sources.may_read(parse_model_location(text)) is is_permitted


def test_a_link_does_not_lead_out_of_a_permitted_directory(tmp_path: Path) -> None:
    permitted, secret = tmp_path / "models", tmp_path / "secret"
    (permitted / "llama").mkdir(parents=True)
    secret.mkdir()
    for directory in (permitted / "llama", secret):
        (directory / "config.json").write_bytes(CONFIG)
    (permitted / "way-out").symlink_to(secret)
    sources = ModelSources(SourceSettings(grants=(read_grant(str(permitted)),)))
    assert sources.read(LocalModel(permitted / "llama"), field="model").config == weights.LLAMA
    for path in (permitted / "way-out", permitted / "way-out" / "config.json", permitted / ".." / "secret", secret):
        with pytest.raises(SourceRefusedError):
            sources.read(LocalModel(path), field="model")


@pytest.mark.parametrize(
    ("grant", "message"),
    [
        ("acme/llama", "is no source"),
        ("-", "is no source"),
        ("hf://acme/llama@main", "is more than a repository"),
        ("http://models.example.com", "is not encrypted"),
        ("/no/such/directory", "is no directory"),
        ("s3://", "--model-source: 's3:' names no model"),
        ("s3://A", "names no bucket"),
        ("", "names no model"),
    ],
)
def test_what_permits_nothing_is_refused(grant: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        read_grant(grant)


def test_a_path_with_nothing_there_is_told(read: Read, tmp_path: Path) -> None:
    with pytest.raises(UnreadableInputError, match="No such file or directory"):
        read(f"{tmp_path}/absent")
    with pytest.raises(NeuroScaleError, match=r"neither config\.json nor weights"):
        read(str(tmp_path))


def test_a_directory_joins_its_quantisation_file(read: Read, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(CONFIG)
    (tmp_path / "hf_quant_config.json").write_bytes(b'{"quantization": {"quant_algo": "FP8"}}')
    for text in (str(tmp_path), f"{tmp_path}/config.json", f"file://{tmp_path}"):
        found = read(text)
        assert found.architecture.quantization is not None
        assert found.architecture.quantization.weight_bits == 8.0


def test_no_token_is_shown_with_the_settings() -> None:
    assert "hub_token" not in repr(SourceSettings(hub_token=lambda: "hf_secret"))
