"""A hub on the loopback address: the paths, headers and error codes of huggingface.co that a reader meets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.model_sources.servers import ranged, serving

COMMIT = "1f3a0b7c9d2e4f5061728394a5b6c7d8e9f00112"
TOKEN = "hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345"
_LARGE_FILES = (".gguf", ".safetensors")


@dataclass(slots=True)
class Repository:
    """A repository: its files, and who may read them."""

    files: dict[str, bytes]
    is_gated: bool = False
    is_private: bool = False
    commit: str = COMMIT
    revisions: tuple[str, ...] = ("main",)


@dataclass(slots=True)
class Hub:
    """The state of the hub, which tests set and inspect.

    Attributes:
        requests: Path and Authorization header of each request to the hub itself.
        storage_requests: The same, with the Range header, of each request to the store of its large files.
        renamed: New name by old name.
        redirect: Where every file is redirected; None serves them.
        status: Answered to everything; None answers as a hub.
    """

    repositories: dict[str, Repository] = field(default_factory=dict)
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    storage_requests: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    redirect: str | None = None
    status: int | None = None
    endpoint: str = ""
    storage: str = ""

    @property
    def paths(self) -> list[str]:
        """The paths that the hub was asked for."""
        return [path for path, _ in self.requests]

    async def describe(self, request: web.Request) -> web.Response:
        """Answer /api/models/ORGANISATION/NAME[/revision/REVISION]."""
        if (new_name := self.renamed.get(name_of(request))) is not None:
            return web.Response(status=307, headers={"Location": f"/api/models/{new_name}"})
        refusal, repository = self._look_up(request)
        if refusal is not None or repository is None:
            return refusal or web.Response(status=500)
        revision = request.match_info.get("revision", "main")
        if revision not in {*repository.revisions, repository.commit}:
            return error(404, "RevisionNotFound", "Invalid rev id")
        siblings = [{"rfilename": name} for name in sorted(repository.files)]
        return web.json_response({"id": name_of(request), "sha": repository.commit, "siblings": siblings})

    async def resolve(self, request: web.Request) -> web.StreamResponse:
        """Answer /ORGANISATION/NAME/resolve/REVISION/FILE; large files are elsewhere."""
        refusal, repository = self._look_up(request)
        if refusal is not None or repository is None:
            return refusal or web.Response(status=500)
        if repository.is_gated and not self._is_trusted(request):
            return error(
                401 if "Authorization" not in request.headers else 403, "GatedRepo", "Access is restricted"
            )
        if self.redirect is not None:
            return web.Response(status=302, headers={"Location": self.redirect})
        file = request.match_info["file"]
        content = repository.files.get(file)
        if content is None:
            return error(404, "EntryNotFound", "Entry not found")
        headers = {"ETag": f'"{len(content)}"', "X-Repo-Commit": repository.commit}
        if file.endswith(_LARGE_FILES):
            location = f"{self.storage}/{name_of(request)}/{file}?X-Amz-Signature=c0ffee"
            linked = {"X-Linked-Size": str(len(content)), "X-Linked-ETag": headers["ETag"], "Location": location}
            return web.Response(status=302, headers=headers | linked)
        return ranged(request, content, headers)

    async def store(self, request: web.Request) -> web.Response:
        """Answer a large file."""
        self.storage_requests.append(
            (request.path, request.headers.get("Authorization"), request.headers.get("Range"))
        )
        return ranged(request, self.repositories[name_of(request)].files[request.match_info["file"]])

    def _look_up(self, request: web.Request) -> tuple[web.Response | None, Repository | None]:
        self.requests.append((request.path, request.headers.get("Authorization")))
        if self.status is not None:
            return web.Response(status=self.status), None
        given = request.headers.get("Authorization")
        if given is not None and not self._is_trusted(request):
            refusal = web.Response(
                status=401, headers={"X-Error-Message": "Invalid credentials in Authorization header"}
            )
            return refusal, None
        repository = self.repositories.get(name_of(request))
        if repository is None or (repository.is_private and given is None):
            # Who is not known must not learn whether a repository exists.
            return error(401 if given is None else 404, "RepoNotFound", "Repository not found"), None
        return None, repository

    def _is_trusted(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {TOKEN}"


def name_of(request: web.Request) -> str:
    """Return the repository that a request is about."""
    return f"{request.match_info['organisation']}/{request.match_info['name']}"


def error(status: int, code: str, message: str) -> web.Response:
    """Return an error as the hub tells it."""
    headers = {"X-Error-Code": code, "X-Error-Message": message}
    return web.json_response({"error": message}, status=status, headers=headers)


@contextmanager
def running_hub() -> Iterator[Hub]:
    """Run a hub and the store of its large files."""
    hub = Hub()
    model = "{organisation}/{name}"
    store = web.Application()
    store.add_routes([web.get(f"/{model}/{{file:.+}}", hub.store)])
    application = web.Application()
    application.add_routes(
        [
            web.get(f"/api/models/{model}", hub.describe),
            web.get(f"/api/models/{model}/revision/{{revision}}", hub.describe),
            web.get(f"/{model}/resolve/{{revision}}/{{file:.+}}", hub.resolve),
        ]
    )
    with serving(store) as store_port, serving(application) as port:
        hub.storage = f"http://127.0.0.1:{store_port}"
        hub.endpoint = f"http://127.0.0.1:{port}"
        yield hub
