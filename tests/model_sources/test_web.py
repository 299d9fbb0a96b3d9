"""Models of web servers: over TLS, at the address that was checked, and within bounds."""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from neuroscale.errors import NeuroScaleError, UnknownModelError, UnreadableInputError
from neuroscale.model_sources.errors import SourceAccessError, SourceRefusedError, SourceUnavailableError
from neuroscale.model_sources.grants import read_grant
from neuroscale.model_sources.limits import Limits
from tests.model_sources import weights
from tests.model_sources.conftest import Read
from tests.model_sources.servers import ranged, serving

HOST = "models.example.com"
CONFIG = json.dumps(weights.LLAMA).encode()


@pytest.fixture
def files() -> dict[str, bytes]:
    """Return what the web server has; tests add to it."""
    return {"/llama/config.json": CONFIG}


@pytest.fixture
def asked() -> list[str]:
    """Return the names that were looked up; tests may set the answers of names in `answers`."""
    return []


@pytest.fixture
def port(
    files: dict[str, bytes], asked: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[int]:
    """Serve the files as models.example.com with a certificate of an authority that SSL_CERT_FILE names."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST, "other.example.com").configure_cert(tls)
    application = web.Application()
    application.router.add_get("/{path:.*}", _answer)
    application[_FILES] = files
    with serving(application, tls) as port:
        lookup = socket.getaddrinfo

        def local(host: str, *arguments: object, **options: object) -> object:
            asked.append(host)
            is_ours = host.endswith(".example.com")
            return lookup("127.0.0.1" if is_ours else host, *arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(socket, "getaddrinfo", local)
        yield port


_REDIRECT = b"-> "
_FILES = web.AppKey("files", dict[str, bytes])


async def _answer(request: web.Request) -> web.StreamResponse:
    """Serve a file; some paths do what servers should not."""
    if request.path.startswith("/status/"):
        return web.Response(status=int(request.path.split("/")[2]))
    if request.path.startswith("/long/"):
        response = web.StreamResponse()
        await response.prepare(request)
        with suppress(ConnectionError):
            for _ in range(64):
                await response.write(bytes(64 * 1024))
        return response
    if request.path.startswith("/silent/"):
        await asyncio.sleep(30)
    if request.path.startswith("/dripping/"):
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(300):
            await response.write(b" ")
            await asyncio.sleep(0.05)
        return response
    if request.path.startswith("/squeezed/"):
        return web.Response(body=b"\x1f\x8b" + bytes(8), headers={"Content-Encoding": "gzip"})
    content = request.app[_FILES].get(request.path)
    if content is None:
        return web.Response(status=404)
    if content.startswith(_REDIRECT):
        return web.Response(status=302, headers={"Location": content.removeprefix(_REDIRECT).decode()})
    if "whole" in request.path:
        return web.Response(body=content)
    if "shifted" in request.path:
        return web.Response(status=206, body=content, headers={"Content-Range": f"bytes 7-{len(content) + 6}/*"})
    return ranged(request, content)


def test_a_config_is_read_below_an_address_and_by_its_name(port: int, read: Read) -> None:
    for path in ("llama", "llama/", "llama/config.json"):
        found = read(f"https://{HOST}:{port}/{path}", listed_hosts=frozenset({HOST}))
        assert (found.config, found.repository, found.revision) == (weights.LLAMA, None, None)
        assert found.provenance == f"config.json of https://{HOST}:{port}/llama"


def test_a_quantisation_file_beside_it_joins_it(port: int, files: dict[str, bytes], read: Read) -> None:
    files["/llama/hf_quant_config.json"] = b'{"quantization": {"quant_algo": "FP8"}}'
    found = read(f"https://{HOST}:{port}/llama", listed_hosts=frozenset({HOST}))
    assert found.architecture.quantization is not None
    assert found.architecture.quantization.method == "modelopt"


def test_weights_are_found_by_their_usual_names(port: int, files: dict[str, bytes], read: Read) -> None:
    files |= {f"/moe/{name}": content for name, content in weights.sharded(weights.mixture_tensors(), 3).items()}
    files["/dense/model.safetensors"] = weights.safetensors_file(weights.llama_tensors())
    sharded = read(f"https://{HOST}:{port}/moe", listed_hosts=frozenset({HOST}))
    assert sharded.architecture.is_mixture_of_experts is True
    dense = read(f"https://{HOST}:{port}/dense", listed_hosts=frozenset({HOST}))
    assert dense.architecture.is_mixture_of_experts is False
    with pytest.raises(UnknownModelError, match=r"neither config\.json nor model\.safetensors"):
        read(f"https://{HOST}:{port}/nothing", listed_hosts=frozenset({HOST}))


def test_a_gguf_file_is_answered_by_ranges(port: int, files: dict[str, bytes], read: Read, tmp_path: Path) -> None:
    files["/llama.gguf"] = weights.gguf_llama(tmp_path / "llama.gguf")
    found = read(f"https://{HOST}:{port}/llama.gguf", listed_hosts=frozenset({HOST}))
    assert found.weights is not None
    assert found.weights.parameters == weights.LLAMA_PARAMETERS


def test_a_private_address_needs_a_permission(port: int, read: Read) -> None:
    with pytest.raises(SourceRefusedError, match=r"leads to the loopback address 127\.0\.0\.1") as refused:
        read(f"https://{HOST}:{port}/llama")
    assert refused.value.fix == "list the host if it is meant"


def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to(
    port: int, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["127.0.0.1", "169.254.169.254", "10.0.0.1"])
    asked: list[str] = []
    lookup = socket.getaddrinfo

    def rebinding(host: str, *arguments: object, **options: object) -> object:
        asked.append(host)
        return lookup(next(answers) if host == HOST else host, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    found = read(f"https://{HOST}:{port}/llama/config.json", listed_hosts=frozenset({HOST}))
    assert found.config == weights.LLAMA
    # One answer was asked for and checked; the connection went to it by number, TLS was checked against the name.
    assert asked == [HOST, "127.0.0.1"]


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("absent/config.json", UnknownModelError, "there is no file config.json"),
        ("absent/model.gguf", UnknownModelError, r"there is no file model\.gguf"),
        ("status/401/config.json", SourceAccessError, "not for everybody"),
        ("status/403/config.json", SourceAccessError, "not for everybody"),
        ("status/500/config.json", SourceUnavailableError, "answered with status 500"),
        ("long/config.json", UnreadableInputError, "is larger than 1048576 bytes"),
        ("silent/config.json", SourceUnavailableError, "did not answer in time"),
        ("dripping/config.json", SourceUnavailableError, "took longer than 1 seconds"),
        ("squeezed/config.json", SourceUnavailableError, "compresses"),
        ("whole/model.gguf", SourceUnavailableError, "does not answer range requests"),
        ("shifted/model.gguf", SourceUnavailableError, "another range than was asked for"),
        ("text/config.json", UnreadableInputError, r"config\.json: not JSON"),
    ],
)
def test_a_failure_is_told(
    port: int, files: dict[str, bytes], read: Read, path: str, error: type[NeuroScaleError], message: str
) -> None:
    # A header that takes a second part: one key whose list has a million numbers.
    header = b"GGUF" + struct.pack("<IQQQ1sIIQ", 3, 1, 1, 1, b"k", 9, 0, 1 << 20)
    files |= {
        "/text/config.json": b"<html>",
        "/whole/model.gguf": header + bytes(2 << 20),
        "/shifted/model.gguf": header,
    }
    limits = Limits(total_seconds=1.0, idle_seconds=0.5)
    with pytest.raises(error, match=message) as failed:
        read(f"https://{HOST}:{port}/{path}", listed_hosts=frozenset({HOST}), limits=limits)
    assert failed.value.field == "model"


def test_a_certificate_of_a_stranger_is_told(port: int, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(SourceUnavailableError, match="shows a certificate that is not trusted") as failed:
        read(f"https://{HOST}:{port}/llama", listed_hosts=frozenset({HOST}))
    assert failed.value.fix is not None
    assert "SSL_CERT_FILE" in failed.value.fix


def test_a_certificate_of_another_host_is_not_trusted(port: int, read: Read) -> None:
    with pytest.raises(SourceUnavailableError, match="certificate that is not trusted"):
        read(f"https://sub.models.example.com:{port}/llama", listed_hosts=frozenset({f"sub.{HOST}"}))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("https://169.254.169.254/latest/meta-data/", "link-local"),
        ("https://other.example.com/config.json", "loopback"),
        ("https://[::1]/config.json", "loopback"),
        ("http://models.example.com/config.json", "must not be followed"),
        ("https://name:word@models.example.com/", "must not be followed"),
    ],
)
def test_a_redirect_is_checked_as_the_address_was(
    port: int, files: dict[str, bytes], read: Read, target: str, message: str
) -> None:
    files["/moved/config.json"] = _REDIRECT + target.encode()
    with pytest.raises(SourceRefusedError, match=message):
        read(f"https://{HOST}:{port}/moved", listed_hosts=frozenset({HOST}))


def test_a_redirect_to_a_listed_host_is_followed(port: int, files: dict[str, bytes], read: Read) -> None:
    files["/moved/config.json"] = _REDIRECT + f"https://other.example.com:{port}/llama/config.json".encode()
    listed = frozenset({HOST, "other.example.com"})
    assert read(f"https://{HOST}:{port}/moved/config.json", listed_hosts=listed).config == weights.LLAMA


def test_where_sources_are_listed_no_other_host_is_even_looked_up(
    port: int, files: dict[str, bytes], read: Read, asked: list[str]
) -> None:
    grants = (read_grant(f"https://{HOST}:{port}/llama"),)
    assert read(f"https://{HOST}:{port}/llama/config.json", grants=grants).config == weights.LLAMA
    asked.clear()
    for text in (
        f"https://other.example.com:{port}/llama",
        f"https://{HOST}:{port}/llama2",
        f"https://{HOST}/llama",
    ):
        with pytest.raises(SourceRefusedError, match="is no source that may be read here"):
            read(text, grants=grants)
    assert asked == []
    files["/llama/moved.json"] = _REDIRECT + b"https://secret-in-a-name.example.com/config.json"
    with pytest.raises(SourceRefusedError, match="which is not listed"):
        read(f"https://{HOST}:{port}/llama/moved.json", grants=grants)
    assert set(asked) == {HOST, "127.0.0.1"}
