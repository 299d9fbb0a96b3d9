"""An API server whose lists a test scripts, on a socket of its own, for what a real one does too rarely."""

import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

Body = dict[str, Any]


@dataclass(slots=True)
class ScriptedCluster:
    """What the server answers, and what it was asked.

    Attributes:
        pages: Objects by path, page by page; a path that is not there is a 404, as where a kind is not installed.
        statuses: Statuses by path that are answered first, one after the other, before its pages.
        raw: Bodies by path that are no JSON object.
        asked: Every path with its query, in the order asked.
    """

    pages: dict[str, list[list[Body]]] = field(default_factory=dict)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    raw: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    silence: threading.Event | None = None

    def paths(self) -> list[str]:
        """Return the paths that were asked, in order."""
        return [path for path, _ in self.asked]

    def answer(self, path: str, query: Mapping[str, str]) -> tuple[int, bytes]:
        """Return status and body."""
        self.asked.append((path, query))
        if self.silence is not None:
            self.silence.wait(30)
        if self.statuses.get(path):
            return self.statuses[path].pop(0), b"{}"
        if path in self.raw:
            return 200, self.raw[path]
        if path not in self.pages:
            return 404, b"{}"
        number = int(query.get("continue", "0"))
        wanted = dict(each.split("=", 1) for each in query.get("labelSelector", "").split(",") if each)
        items = [
            item
            for item in self.pages[path][number]
            if wanted.items() <= item["metadata"].get("labels", {}).items()
        ]
        more = {"continue": str(number + 1)} if number + 1 < len(self.pages[path]) else {}
        return 200, json.dumps({"metadata": more, "items": items}).encode()


@contextmanager
def serving(
    cluster: ScriptedCluster, folder: Path, tls: ssl.SSLContext | None = None, authority: bytes | None = None
) -> Iterator[Path]:
    """Serve on a free port, and yield a kubeconfig that leads there."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            status, body = cluster.answer(parts.path, query)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of its base
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        scheme = "http" if tls is None else "https"
        yield write_kubeconfig(folder, f"{scheme}://127.0.0.1:{server.server_address[1]}", authority)
    finally:
        if cluster.silence is not None:
            cluster.silence.set()
        server.shutdown()
        server.server_close()
        thread.join()


def write_kubeconfig(folder: Path, server: str, authority: bytes | None = None) -> Path:
    """Write a kubeconfig with a token for a server."""
    place: dict[str, object] = {"server": server}
    if authority is not None:
        (folder / "authority.pem").write_bytes(authority)
        place["certificate-authority"] = str(folder / "authority.pem")
    file = folder / "kubeconfig"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "scripted", "cluster": place}],
        "users": [{"name": "reader", "user": {"token": "a-token"}}],
        "contexts": [{"name": "scripted", "context": {"cluster": "scripted", "user": "reader"}}],
        "current-context": "scripted",
    }
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file
