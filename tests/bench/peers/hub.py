"""A model hub on the loopback interface that holds configurations and safetensors headers, but no weights."""

import json
import math
import re
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_COMMIT = "0" * 40
_BYTES_PER_ELEMENT = {"BF16": 2, "F32": 4, "F8_E4M3": 1, "U8": 1}
_PATH = re.compile(r"/(?:api/models/)?(?P<repository>[^/]+/[^/]+)(?P<rest>/.*)?")


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor as a file holds it: the type of its elements as the format names it, and its shape."""

    element_type: str
    shape: tuple[int, ...]

    @property
    def stored_bytes(self) -> int:
        """What it takes in the file."""
        return _BYTES_PER_ELEMENT[self.element_type] * math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Repository:
    """One model: its config.json, and the start of the only weights file, which is its header."""

    config: bytes
    header: bytes

    @property
    def files(self) -> Mapping[str, bytes]:
        """Return what the hub holds of every file."""
        return {"config.json": self.config, "model.safetensors": self.header}


def safetensors_header(tensors: Mapping[str, StoredTensor]) -> bytes:
    """Return the header of a file with these tensors, preceded by its length in eight bytes.

    Source: https://huggingface.co/docs/safetensors, section Format.
    """
    entries: dict[str, Any] = {}
    offset = 0
    for name, tensor in tensors.items():
        end = offset + tensor.stored_bytes
        entries[name] = {
            "dtype": tensor.element_type,
            "shape": list(tensor.shape),
            "data_offsets": [offset, end],
        }
        offset = end
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text


@contextmanager
def serve(repositories: Mapping[str, Repository]) -> Iterator[str]:
    """Serve the repositories until the context ends; give the address of the hub."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def log_message(self, *_message: object) -> None:
            """Keep the output of the measurements readable."""

        def _answer(self) -> None:
            path = self.path.partition("?")[0]
            match = _PATH.fullmatch(path)
            repository = repositories.get(match["repository"]) if match else None
            if match is None or repository is None:
                self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            elif not path.startswith("/api/"):
                self._send_file(repository.files.get(path.rpartition("/")[2]))
            elif (match["rest"] or "").startswith("/tree/"):
                listing = [{"type": "file", "path": name, "size": 0, "oid": _COMMIT} for name in repository.files]
                self._send(200, json.dumps(listing).encode())
            else:
                self._send(200, json.dumps(_information(match["repository"], repository)).encode())

        def _send_file(self, content: bytes | None) -> None:
            if content is None:
                self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
                return
            headers = {"ETag": f'"{_COMMIT}"', "X-Repo-Commit": _COMMIT, "X-Linked-Size": str(len(content))}
            wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            if wanted is None:
                self._send(200, content, headers)
                return
            first, last = int(wanted[1]), min(int(wanted[2]), len(content) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
            self._send(206, content[first : last + 1], headers)

        def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _information(name: str, repository: Repository) -> dict[str, Any]:
    return {
        "id": name,
        "sha": _COMMIT,
        "library_name": "transformers",
        "config": json.loads(repository.config),
        "siblings": [{"rfilename": file} for file in repository.files],
    }
