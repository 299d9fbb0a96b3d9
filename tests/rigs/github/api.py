"""GitHub's REST and GraphQL calls that ``publish:github:pull-request`` makes, as an aiohttp application.

Objects, trees, commits and references are those of the git repository behind it; only pull requests are kept in
memory, since git knows none.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.rigs.github.repository import DEFAULT_BRANCH, BareRepository, GitError, TreeEntry, create_repository

API = "/api/v3"
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Call:
    """A request the API has answered.

    Attributes:
        method: HTTP method.
        path: Path without the query, decoded.
        status: Status of the answer.
        body: The JSON body of the request, None if it had none.
    """

    method: str
    path: str
    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class PullRequest:
    """An open pull request.

    Attributes:
        number: Its number in the repository, from 1.
        repository: ``owner/name`` of the repository.
        head: The branch with the changes.
        base: The branch they are meant for.
        title: Its title.
        body: Its description, in Markdown.
        draft: Whether it is a draft.
        labels: Labels given to it.
    """

    number: int
    repository: str
    head: str
    base: str
    title: str
    body: str
    draft: bool = False
    labels: tuple[str, ...] = ()


@dataclass(slots=True)
class GitHub:
    """What the API serves and what happened to it.

    Attributes:
        directory: Where the repositories are created.
        token: The token every call must carry.
        repositories: The repositories by ``owner/name``.
        pull_requests: The pull requests of all repositories, in the order they were opened.
        calls: Every call, in the order they were answered.
    """

    directory: Path
    token: str
    repositories: dict[str, BareRepository] = field(default_factory=dict)
    pull_requests: list[PullRequest] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def create(self, name: str, files: dict[str, bytes] | None = None) -> BareRepository:
        """Create the repository ``owner/name`` with one commit on its default branch."""
        content = files or {"README.md": f"# {name}\n".encode()}
        repository = create_repository(self.directory / f"{name}.git", content)
        self.repositories[name] = repository
        return repository

    def pull_requests_of(self, name: str) -> list[PullRequest]:
        """Return the pull requests of the repository ``owner/name``."""
        return [pull_request for pull_request in self.pull_requests if pull_request.repository == name]


def application(github: GitHub) -> web.Application:
    """Return the application that serves ``github``."""

    @web.middleware
    async def recorded_and_authorized(request: web.Request, handler: _Handler) -> web.StreamResponse:
        text = await request.text()
        body = json.loads(text) if text else None
        try:
            response = await _answer(request, handler)
        except web.HTTPException as error:
            github.calls.append(Call(request.method, request.path, error.status, body))
            raise
        github.calls.append(Call(request.method, request.path, response.status, body))
        return response

    async def _answer(request: web.Request, handler: _Handler) -> web.StreamResponse:
        if request.headers.get("Authorization") not in {f"token {github.token}", f"Bearer {github.token}"}:
            return _problem(401, "Bad credentials")
        try:
            return await handler(request)
        except GitError as error:
            return _problem(422, str(error))

    app = web.Application(middlewares=[recorded_and_authorized], client_max_size=64 * 2**20)
    repository = f"{API}/repos/{{owner}}/{{repository}}"
    calls = _Calls(github)
    app.add_routes(
        [
            web.get(repository, calls.repository),
            web.get(f"{repository}/commits", calls.commits),
            web.post(f"{repository}/git/blobs", calls.create_blob),
            web.post(f"{repository}/git/trees", calls.create_tree),
            web.post(f"{repository}/git/commits", calls.create_commit),
            web.post(f"{repository}/git/refs", calls.create_reference),
            web.patch(f"{repository}/git/refs/{{reference:.+}}", calls.update_reference),
            web.post(f"{repository}/pulls", calls.create_pull_request),
            web.patch(f"{repository}/pulls/{{number:\\d+}}", calls.update_pull_request),
            web.post(f"{repository}/issues/{{number:\\d+}}/labels", calls.add_labels),
            web.post("/api/graphql", calls.graphql),
        ]
    )
    return app


@dataclass(frozen=True, slots=True)
class _Calls:
    github: GitHub

    async def repository(self, request: web.Request) -> web.Response:
        name, _ = self._found(request)
        return web.json_response(
            {
                "full_name": name,
                "default_branch": DEFAULT_BRANCH,
                "permissions": {"admin": False, "push": True, "pull": True},
            }
        )

    async def commits(self, request: web.Request) -> web.Response:
        _, repository = self._found(request)
        revision = request.query.get("sha", DEFAULT_BRANCH)
        commit = await asyncio.to_thread(repository.resolve, f"{revision}^{{commit}}")
        if commit is None:
            return _problem(404, f"No commit found for SHA: {revision}")
        tree = await asyncio.to_thread(repository.resolve, f"{commit}^{{tree}}")
        return web.json_response([{"sha": commit, "commit": {"tree": {"sha": tree}}}])

    async def create_blob(self, request: web.Request) -> web.Response:
        _, repository = self._found(request)
        body = await request.json()
        try:
            content = _decoded(body["content"], body.get("encoding", "utf-8"))
        except (ValueError, binascii.Error):
            return _problem(422, "content is not valid Base64")
        return web.json_response({"sha": await asyncio.to_thread(repository.write_blob, content)}, status=201)

    async def create_tree(self, request: web.Request) -> web.Response:
        _, repository = self._found(request)
        body = await request.json()
        entries = [TreeEntry(item["path"], item["mode"], await _blob_of(repository, item)) for item in body["tree"]]
        tree = await asyncio.to_thread(repository.write_tree, body.get("base_tree"), entries)
        return web.json_response({"sha": tree}, status=201)

    async def create_commit(self, request: web.Request) -> web.Response:
        _, repository = self._found(request)
        body = await request.json()
        commit = await asyncio.to_thread(
            repository.write_commit, body["tree"], body["parents"], body["message"], body.get("author")
        )
        return web.json_response({"sha": commit}, status=201)

    async def create_reference(self, request: web.Request) -> web.Response:
        _, repository = self._found(request)
        body = await request.json()
        if await asyncio.to_thread(repository.resolve, body["ref"]):
            return _problem(422, "Reference already exists")
        await asyncio.to_thread(repository.set_reference, body["ref"], body["sha"])
        return web.json_response({"ref": body["ref"], "object": {"sha": body["sha"]}}, status=201)

    async def update_reference(self, request: web.Request) -> web.Response:
        _, repository = self._found(request)
        body = await request.json()
        reference = f"refs/{request.match_info['reference']}"
        if not await asyncio.to_thread(repository.resolve, reference):
            return _problem(422, "Reference does not exist")
        await asyncio.to_thread(repository.set_reference, reference, body["sha"])
        return web.json_response({"ref": reference, "object": {"sha": body["sha"]}})

    async def create_pull_request(self, request: web.Request) -> web.Response:
        name, repository = self._found(request)
        body = await request.json()
        head = body["head"].rpartition(":")[2]
        if not await asyncio.to_thread(repository.resolve, f"refs/heads/{head}"):
            return _problem(422, f"Validation Failed: head {head} is not a branch")
        if self._open(name, head):
            return _problem(422, f"Validation Failed: A pull request already exists for {body['head']}.")
        pull_request = PullRequest(
            number=len(self.github.pull_requests_of(name)) + 1,
            repository=name,
            head=head,
            base=body["base"],
            title=body["title"],
            body=body.get("body") or "",
            draft=bool(body.get("draft")),
        )
        self.github.pull_requests.append(pull_request)
        return web.json_response(_represented(request, pull_request), status=201)

    async def update_pull_request(self, request: web.Request) -> web.Response:
        body = await request.json()
        return self._changed(request, title=body["title"], body=body.get("body") or "")

    async def add_labels(self, request: web.Request) -> web.Response:
        body = await request.json()
        self._changed(request, labels=tuple(body["labels"]))
        return web.json_response([{"name": label} for label in body["labels"]])

    async def graphql(self, request: web.Request) -> web.Response:
        """Answer the one query the action makes: the open pull request of a branch."""
        variables = (await request.json())["variables"]
        name = f"{variables['owner']}/{variables['repo']}"
        repository = self.github.repositories.get(name)
        if repository is None:
            return web.json_response({"data": {"repository": None}, "errors": [{"type": "NOT_FOUND"}]})
        if not await asyncio.to_thread(repository.resolve, f"refs/heads/{variables['head']}"):
            return web.json_response({"data": {"repository": {"ref": None}}})
        edges = [
            {"node": {"id": str(found.number), "number": found.number, "url": _page(request, found)}}
            for found in self._open(name, variables["head"])
        ]
        reference = {"associatedPullRequests": {"edges": edges}}
        return web.json_response({"data": {"repository": {"ref": reference}}})

    def _found(self, request: web.Request) -> tuple[str, BareRepository]:
        name = f"{request.match_info['owner']}/{request.match_info['repository']}"
        repository = self.github.repositories.get(name)
        if repository is None:
            raise web.HTTPNotFound(text=json.dumps({"message": "Not Found"}), content_type="application/json")
        return name, repository

    def _open(self, name: str, head: str) -> list[PullRequest]:
        return [pull_request for pull_request in self.github.pull_requests_of(name) if pull_request.head == head]

    def _changed(self, request: web.Request, **changes: Any) -> web.Response:
        name, _ = self._found(request)
        number = int(request.match_info["number"])
        for index, pull_request in enumerate(self.github.pull_requests):
            if (pull_request.repository, pull_request.number) == (name, number):
                changed = replace(pull_request, **changes)
                self.github.pull_requests[index] = changed
                return web.json_response(_represented(request, changed))
        return _problem(404, "Not Found")


async def _blob_of(repository: BareRepository, item: dict[str, Any]) -> str | None:
    if "content" in item:
        return await asyncio.to_thread(repository.write_blob, item["content"].encode())
    blob: str | None = item["sha"]
    return blob


def _decoded(content: str, encoding: str) -> bytes:
    return base64.b64decode(content, validate=True) if encoding == "base64" else content.encode()


def _page(request: web.Request, pull_request: PullRequest) -> str:
    return f"{request.scheme}://{request.host}/{pull_request.repository}/pull/{pull_request.number}"


def _represented(request: web.Request, pull_request: PullRequest) -> dict[str, Any]:
    return {
        "number": pull_request.number,
        "html_url": _page(request, pull_request),
        "title": pull_request.title,
        "body": pull_request.body,
        "state": "open",
        "draft": pull_request.draft,
        "head": {"ref": pull_request.head},
        "base": {"ref": pull_request.base},
    }


def _problem(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)
