"""Sources of models that the operator permits: what callers may name, and what they learn when it fails."""

import asyncio
import json
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp import web
from click.testing import CliRunner

from actions_service.action import Resources
from actions_service.command import main
from actions_service.settings import Settings
from actions_service.source_settings import read_model_sources
from neuroscale.architecture.catalogue import load_catalogue
from tests.actions_service.process import running
from tests.actions_service.serving import GEMMA, Client, json_of, open_settings, serving
from tests.model_sources import weights
from tests.model_sources.hub import COMMIT, TOKEN, Hub, Repository, running_hub
from tests.model_sources.servers import serving as serving_in_a_thread

CONFIG = json.dumps(weights.LLAMA).encode()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Run a hub that HF_ENDPOINT names."""
    with running_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        hub.repositories = {
            "acme/llama": Repository({"config.json": CONFIG}),
            "acme/gated": Repository({"config.json": CONFIG}, is_gated=True),
            "other/llama": Repository({"config.json": CONFIG}),
        }
        yield hub


def settings(*permitted: str, token_file: Path | None = None) -> Settings:
    """Return the settings of a service that may read these sources."""
    sources = read_model_sources(permitted, (), token_file, seconds=5.0, at_once=2)
    return Settings(resources=Resources(load_catalogue(), sources=sources))


@pytest.fixture
async def client(hub: Hub, tmp_path: Path) -> AsyncIterator[Client]:
    """Serve with the repositories of one organisation and a mounted directory, and with a token."""
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    (tmp_path / "models" / "dense").mkdir(parents=True)
    dense = tmp_path / "models" / "dense" / "model.safetensors"
    dense.write_bytes(weights.safetensors_file(weights.llama_tensors()))
    permitted = settings("hf://acme", str(tmp_path / "models"), token_file=tmp_path / "token")
    async with serving(permitted) as client:
        yield client


async def called(client: Client, action: str, arguments: dict[str, Any]) -> tuple[int, Any]:
    response = await client.post(f"/v1/actions/{action}", json=arguments)
    return response.status, await json_of(response)


async def test_nothing_is_read_unless_the_operator_permits_it(hub: Hub) -> None:
    async with serving(open_settings()) as client:
        for arguments in ({"model": "acme/llama"}, {"model": "acme/llama", "revision": "main"}, {"model": "/etc"}):
            status, answer = await called(client, "inspect-model", arguments)
            assert status == 422
            assert answer["error"]["field"] == "model"
            assert "config" in answer["error"]["fix"]
    assert hub.requests == []


async def test_the_catalogue_answers_first_and_the_hub_what_it_does_not_know(client: Client, hub: Hub) -> None:
    status, answer = await called(client, "inspect-model", {"model": GEMMA})
    assert (status, answer["model_type"], hub.requests) == (200, "gemma4", [])
    status, answer = await called(client, "inspect-model", {"model": "acme/llama"})
    assert (status, answer["total_parameters"]) == (200, weights.LLAMA_PARAMETERS)
    assert (answer["source"]["repository"], answer["source"]["revision"]) == ("acme/llama", COMMIT)


async def test_a_revision_goes_to_the_hub(client: Client, hub: Hub) -> None:
    hub.repositories["acme/llama"].revisions = ("main", "v2")
    for arguments in ({"model": "acme/llama", "revision": "v2"}, {"model": "hf://acme/llama@v2"}):
        status, _ = await called(client, "inspect-model", arguments)
        assert status == 200
    assert hub.paths == ["/api/models/acme/llama/revision/v2", f"/acme/llama/resolve/{COMMIT}/config.json"]


async def test_the_token_of_the_operator_reads_gated_models(client: Client) -> None:
    status, answer = await called(client, "inspect-model", {"model": "acme/gated"})
    assert (status, answer["model_type"]) == (200, "llama")


async def test_a_renewed_token_counts_from_then_on(hub: Hub, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("hf_old_token_of_the_operator", encoding="ascii")
    async with serving(settings("hf://", token_file=token)) as client:
        status, answer = await called(client, "inspect-model", {"model": "acme/gated"})
        assert (status, answer["error"]["message"].partition(" ")[2]) == (422, "does not know the token")
        token.write_text(TOKEN, encoding="ascii")
        assert (await called(client, "inspect-model", {"model": "acme/gated"}))[0] == 200
        token.unlink()
        status, answer = await called(client, "inspect-model", {"model": "acme/llama"})
        assert (status, answer["error"]["message"]) == (422, "the hub's token cannot be read")


async def test_an_endpoint_is_planned_and_rendered_with_the_commit_in_its_profile(client: Client) -> None:
    status, _ = await called(client, "plan-serving", {"model": "acme/llama", "contextLength": 1024})
    assert status == 200
    endpoint = {
        "name": "chat", "model": "acme/llama", "revision": "main", "owner": "search", "costCenter": "cc-1",
        "environment": "development", "contextLength": 1024,
    }  # fmt: skip
    status, answer = await called(client, "render-endpoint", endpoint)
    assert status == 200, answer
    content = next(file["content"] for file in answer["files"] if file["path"] == "inference-service.yaml")
    annotations = yaml.safe_load(content)["metadata"]["annotations"]
    profile = json.loads(annotations["neuroscale.dev/model-profile"])
    assert (profile["repository"], profile["revision"]) == ("acme/llama", COMMIT)


async def test_weights_alone_are_inspected(client: Client, tmp_path: Path) -> None:
    status, answer = await called(client, "inspect-model", {"model": f"{tmp_path}/models/dense"})
    assert status == 200
    assert answer["stored_weights"]["parameters"] == weights.LLAMA_PARAMETERS
    assert answer["total_parameters"] == weights.LLAMA_PARAMETERS


@pytest.mark.parametrize(
    "model",
    ["hf://other/llama", "s3://models/llama", "https://models.example.com/llama", "/etc", "https://127.0.0.1/x"],
)
async def test_what_is_not_permitted_is_refused_unread(client: Client, hub: Hub, model: str) -> None:
    status, answer = await called(client, "inspect-model", {"model": model})
    assert status == 422
    assert answer["error"]["message"] == "is no source that may be read here"
    assert hub.requests == []


async def test_a_hub_that_fails_is_502_and_not_the_callers_fault(client: Client, hub: Hub) -> None:
    hub.status = 503
    status, answer = await called(client, "inspect-model", {"model": "acme/llama"})
    assert status == 502
    assert (answer["error"]["name"], answer["error"]["field"]) == ("ServiceUnavailableError", "model")
    assert TOKEN not in json.dumps(answer)


async def test_a_revision_of_what_has_none_is_refused(client: Client, tmp_path: Path) -> None:
    arguments = {"model": f"{tmp_path}/models/dense", "revision": "main"}
    status, answer = await called(client, "inspect-model", arguments)
    assert (status, answer["error"]["field"]) == (422, "revision")


async def test_a_slow_source_stops_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    arrived, may_answer = threading.Semaphore(0), threading.Event()

    async def wait(_: web.Request) -> web.Response:
        arrived.release()
        await asyncio.get_running_loop().run_in_executor(None, may_answer.wait, 10)
        return web.Response(status=500)

    slow = web.Application()
    slow.router.add_get("/{path:.*}", wait)
    with serving_in_a_thread(slow) as port:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
        async with serving(settings("hf://")) as client:
            waiting = [
                asyncio.create_task(called(client, "inspect-model", {"model": f"acme/slow-{number}"}))
                for number in range(2)
            ]
            for _ in waiting:
                assert await asyncio.to_thread(arrived.acquire, timeout=10)
            assert (await client.get("/healthz")).status == 200
            assert (await called(client, "inspect-model", {"model": GEMMA}))[0] == 200
            response = await client.post("/v1/actions/inspect-model", json={"model": "acme/one-too-many"})
            assert (response.status, response.headers["Retry-After"]) == (503, "1")
            may_answer.set()
            assert [status for status, _ in await asyncio.gather(*waiting)] == [502, 502]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--model-source", "somewhere"], "'somewhere' is no source"),
        (["--model-source", "/absent"], "/absent is no directory"),
        (["--model-source", "hf://", "--hub-token-file", "absent"], "--hub-token-file: cannot read absent"),
        (["--model-source", "hf://", "--hub-token-file", "two"], "two does not hold one token"),
        (["--model-source-seconds", "0"], "0"),
        (["--model-source-readings", "0"], "0"),
    ],
)
def test_a_bad_setting_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("two").write_text("hf_first hf_second", encoding="ascii")
    result = CliRunner().invoke(main, flags, env={"NEUROSCALE_PORT": "0"})
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert "hf_first" not in result.output


async def test_neither_the_token_nor_the_model_is_in_the_log(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN, encoding="ascii")
    flags = ("--model-source", "hf://", "--hub-token-file", str(tmp_path / "token"), "--log-level", "debug")
    async with running(*flags, HF_ENDPOINT=hub.endpoint) as service, aiohttp.ClientSession() as session:
        for model, expected in (("acme/gated", 200), ("acme/absent", 422)):
            url = service.url("/v1/actions/inspect-model")
            async with session.post(url, json={"model": model}) as response:
                assert response.status == expected
        service.process.send_signal(signal.SIGINT)
        assert await service.ended() == 0
    log = "".join(service.lines)
    assert '"status": 422' in log
    for secret in (TOKEN, "acme", "Bearer"):
        assert secret not in log
