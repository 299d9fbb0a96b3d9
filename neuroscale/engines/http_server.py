"""Where an engine's HTTP server listens and which paths it answers, from a data file with sources."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from packaging.version import Version

from neuroscale.engines.settings import EngineSettings

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})


@dataclass(frozen=True, slots=True)
class HttpServer:
    """The HTTP server of one engine.

    Attributes:
        name: What to call the engine.
        default_port: Where it listens without `--port`.
        default_host: The address without `--host`; None is every address of the pod.
        health_path: Answers 200 once the engine serves.
        get_paths: Every path that any release answers GET for.
        get_prefixes: Below these, anything may be answered.
        guarded_prefix: Paths that answer 401 without the API key, where there is one.
        oldest_read: First release whose routes were read.
        newest_read: Last release whose routes were read.
    """

    name: str
    default_port: int
    default_host: str | None
    health_path: str
    get_paths: frozenset[str]
    get_prefixes: tuple[str, ...]
    guarded_prefix: str
    oldest_read: Version
    newest_read: Version

    def was_read(self, version: Version | None) -> bool:
        """Whether the routes of a version are known."""
        return version is not None and self.oldest_read <= version <= self.newest_read

    def may_answer(self, path: str) -> bool:
        """Whether any release answers GET for a path; a trailing slash is redirected, a query is left out."""
        asked = path.partition("?")[0].partition("#")[0]
        asked = f"/{asked.strip('/')}"
        return asked in self.get_paths or asked.startswith(self.get_prefixes)


def http_server(engine: str) -> HttpServer | None:
    """Return the server of an engine, None for one whose server was not read."""
    return _servers().get(engine)


def listening_port(server: HttpServer, settings: EngineSettings) -> int | None:
    """Return the TCP port; None where it is no number."""
    text = settings.options.get("--port", "")
    if not text:
        return server.default_port
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else None


def listens_on_loopback_only(server: HttpServer, settings: EngineSettings) -> bool:
    """Whether nothing outside the pod can reach the server."""
    return settings.options.get("--host", server.default_host or "") in _LOOPBACK


@cache
def _servers() -> Mapping[str, HttpServer]:
    document = json.loads((files("neuroscale.engines") / "data" / "http_servers.json").read_text("utf-8"))
    return {record["engine"]: _server(record) for record in document["servers"]}


def _server(record: Mapping[str, Any]) -> HttpServer:
    return HttpServer(
        name=record["name"],
        default_port=record["default_port"],
        default_host=record["default_host"],
        health_path=record["health_path"],
        get_paths=frozenset(record["get_paths"]),
        get_prefixes=tuple(record["get_prefixes"]),
        guarded_prefix=record["guarded_prefix"],
        oldest_read=Version(record["read"]["since"]),
        newest_read=Version(record["read"]["until"]),
    )
