"""Models of a hub: what is asked for, what is answered, and every way in which it fails."""

import json
import logging

import pytest
from aiohttp import web
from huggingface_hub import constants

from neuroscale.architecture.profile import configuration_sha256
from neuroscale.errors import InvalidInputError, NeuroScaleError, UnknownModelError, UnreadableInputError
from neuroscale.model_sources.errors import SourceAccessError, SourceRefusedError, SourceUnavailableError
from neuroscale.model_sources.grants import read_grant
from neuroscale.model_sources.limits import Limits
from tests.model_sources.conftest import Read
from tests.model_sources.hub import COMMIT, TOKEN, Hub, Repository
from tests.model_sources.servers import serving
from tests.model_sources.weights import LLAMA, LLAMA_PARAMETERS

CONFIG = json.dumps(LLAMA).encode()


def test_a_config_is_read_at_the_commit_that_the_revision_names(hub: Hub, read: Read) -> None:
    hub.repositories["acme/llama"] = Repository({"config.json": CONFIG, "model.safetensors": b"not read"})
    found = read("acme/llama@main")
    assert (found.repository, found.revision, found.config) == ("acme/llama", COMMIT, LLAMA)
    assert found.config_sha256 == configuration_sha256(LLAMA)
    assert found.architecture.parameters is not None
    assert found.architecture.parameters.total == LLAMA_PARAMETERS
    assert (
        found.provenance
        == f"config.json of acme/llama at commit {COMMIT} of {hub.endpoint.removeprefix('http://')}"
    )
    assert hub.paths == ["/api/models/acme/llama/revision/main", f"/acme/llama/resolve/{COMMIT}/config.json"]


def test_the_quantisation_file_joins_the_config(hub: Hub, read: Read) -> None:
    companion = {"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "FP8"}}
    hub.repositories["acme/llama-fp8"] = Repository(
        {"config.json": CONFIG, "hf_quant_config.json": json.dumps(companion).encode()}
    )
    found = read("hf://acme/llama-fp8")
    assert found.architecture.quantization is not None
    assert found.architecture.quantization.weight_bits == 8.0
    assert "joined with hf_quant_config.json" in found.provenance


def test_a_token_opens_a_gated_repository_and_goes_to_the_hub_alone(hub: Hub, read: Read) -> None:
    hub.repositories["acme/gated"] = Repository({"config.json": CONFIG}, is_gated=True)
    assert read("hf://acme/gated", token=TOKEN).config == LLAMA
    assert {token for _, token in hub.requests} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("text", "token", "error", "message", "fix"),
    [
        ("hf://acme/absent", None, UnknownModelError, "has no repository acme/absent .* without a token", "token"),
        ("hf://acme/absent", TOKEN, UnknownModelError, "has no repository acme/absent that can be seen", "correct"),
        ("hf://acme/private", None, UnknownModelError, "has no repository acme/private", "give a token"),
        ("hf://acme/gated", None, SourceAccessError, "is gated, and no token is given", "accept the model's terms"),
        ("hf://acme/llama", "hf_wrong_token", SourceAccessError, "does not know the token", "give a valid one"),
        ("hf://acme/llama@v9", None, UnknownModelError, "has no such revision", "branch, tag or commit"),
        ("hf://acme/llama/other.json", None, UnknownModelError, "there is no file other.json", ""),
        ("hf://acme/empty", None, UnknownModelError, "neither config.json nor weights", "config.json"),
        ("hf://acme/mistral", None, UnknownModelError, "has params.json alone", "format of transformers"),
        ("hf://acme/text", None, UnreadableInputError, "config.json: not JSON", "as published"),
        ("hf://acme/list", None, UnreadableInputError, "config.json: not a JSON object", "as published"),
        ("hf://acme/deep", None, UnreadableInputError, "nested", "as published"),
        ("hf://acme/large", None, UnreadableInputError, "is larger than 1048576 bytes", ""),
        ("hf://acme/wrong", None, InvalidInputError, "must be a whole number", ""),
    ],
)
def test_a_failure_is_told_with_the_argument_and_the_fix(
    hub: Hub,
    read: Read,
    caplog: pytest.LogCaptureFixture,
    text: str,
    token: str | None,
    error: type[NeuroScaleError],
    message: str,
    fix: str,
) -> None:
    hub.repositories |= {
        "acme/llama": Repository({"config.json": CONFIG}),
        "acme/private": Repository({"config.json": CONFIG}, is_private=True),
        "acme/gated": Repository({"config.json": CONFIG}, is_gated=True),
        "acme/empty": Repository({"README.md": b"# nothing"}),
        "acme/mistral": Repository({"params.json": b"{}"}),
        "acme/text": Repository({"config.json": b"model_type: llama"}),
        "acme/list": Repository({"config.json": b"[]"}),
        "acme/deep": Repository({"config.json": b'{"a":' * 2000 + b"1" + b"}" * 2000}),
        "acme/large": Repository({"config.json": b" " * (1 << 20) + CONFIG}),
        "acme/wrong": Repository({"config.json": json.dumps({**LLAMA, "hidden_size": "wide"}).encode()}),
    }
    caplog.set_level(logging.DEBUG)
    with pytest.raises(error, match=message) as failed:
        read(text, token=token)
    assert fix in (failed.value.fix or "")
    for secret in (TOKEN, "hf_wrong_token"):
        assert secret not in str(failed.value)
        assert secret not in caplog.text


@pytest.mark.parametrize(
    ("status", "message"), [(500, "answered with status 500"), (503, "status 503"), (429, "asked too often")]
)
def test_a_hub_that_fails_is_told_from_a_model_that_is_absent(
    hub: Hub, read: Read, status: int, message: str
) -> None:
    hub.status = status
    with pytest.raises(SourceUnavailableError, match=message):
        read("hf://acme/llama")


def test_a_hub_that_is_down_is_told_by_its_name(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(SourceUnavailableError, match=r"'127\.0\.0\.1' is down"):
        read("hf://acme/llama")


def test_an_endpoint_that_is_no_address_is_told_by_its_variable(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "mirror.example.com")
    with pytest.raises(InvalidInputError, match="HF_ENDPOINT: is no address of a hub"):
        read("hf://acme/llama")


@pytest.mark.parametrize(
    "target",
    [
        "https://169.254.169.254/latest/meta-data/",
        "https://10.1.2.3/config.json",
        "https://[::ffff:169.254.169.254]/",
        "https://[fd00::1]/config.json",
        "https://localhost/config.json",
        "http://example.com/config.json",
        "https://user:word@example.com/config.json",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_x",
    ],
)
def test_a_redirect_never_leads_inside(hub: Hub, read: Read, target: str) -> None:
    hub.repositories["acme/llama"] = Repository({"config.json": CONFIG})
    hub.redirect = target
    with pytest.raises(SourceRefusedError):
        read("hf://acme/llama", token=TOKEN)


def test_redirects_end(hub: Hub, read: Read) -> None:
    hub.repositories["acme/llama"] = Repository({"config.json": CONFIG})
    hub.redirect = f"{hub.endpoint}/acme/llama/resolve/main/config.json"
    with pytest.raises(SourceUnavailableError, match="redirects more than 5 times"):
        read("hf://acme/llama")


def test_a_list_of_files_is_bounded(hub: Hub, read: Read) -> None:
    hub.repositories["acme/many"] = Repository({f"{number:0>60}.txt": b"" for number in range(2000)})
    with pytest.raises(UnreadableInputError, match="is larger than 4096 bytes"):
        read("hf://acme/many", limits=Limits(index_bytes=4096))


def test_a_renamed_repository_is_answered_under_its_new_name(hub: Hub, read: Read) -> None:
    hub.repositories["new-acme/llama-2"] = Repository({"config.json": CONFIG})
    hub.renamed["acme/llama"] = "new-acme/llama-2"
    assert read("hf://acme/llama", token=TOKEN).repository == "new-acme/llama-2"
    assert {token for _, token in hub.requests} == {f"Bearer {TOKEN}"}
    with pytest.raises(SourceRefusedError, match="is no source that may be read here"):
        read("hf://acme/llama", grants=(read_grant("hf://acme"),))


def test_the_hub_is_left_alone_when_the_environment_says_so(
    hub: Hub, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(SourceRefusedError, match="HF_HUB_OFFLINE is set"):
        read("hf://acme/llama")
    assert hub.requests == []


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"{}",
        b'{"id": "a/b", "sha": "../x", "siblings": []}',
        b'{"id": 1, "sha": "a", "siblings": []}',
        b'{"id": "a/b", "sha": "a", "siblings": [{"rfilename": 1}]}',
    ],
)
def test_what_does_not_answer_as_a_hub_is_told(read: Read, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    with serving(application) as port:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
        with pytest.raises(SourceUnavailableError, match="does not answer as a hub") as failed:
            read("hf://acme/llama")
    assert failed.value.fix == "check HF_ENDPOINT"
