"""The API refuses what GitHub refuses, so that a template that is wrong about it fails here too."""

from typing import Any

from tests.rigs.backstage.client import Reply, request
from tests.rigs.github.fixtures import TOKEN, ModelsRepository
from tests.rigs.github.server import GitHubServer


def call(server: GitHubServer, method: str, path: str, body: Any = None, token: str = TOKEN) -> Reply:
    return request(server.url, method, f"/api/v3{path}", body, {"Authorization": f"token {token}"})


def test_a_wrong_token_is_refused(github_api: GitHubServer, models_repository: ModelsRepository) -> None:
    reply = call(github_api, "GET", f"/repos/{models_repository.name}", token="another")
    assert (reply.status, reply.body) == (401, {"message": "Bad credentials"})


def test_an_unknown_repository_is_not_found(github_api: GitHubServer) -> None:
    assert call(github_api, "GET", "/repos/acme/unknown").status == 404


def test_a_reference_is_created_once(github_api: GitHubServer, models_repository: ModelsRepository) -> None:
    path = f"/repos/{models_repository.name}/git/refs"
    body = {"ref": "refs/heads/change", "sha": models_repository.git.resolve("main")}
    assert call(github_api, "POST", path, body).status == 201
    assert call(github_api, "POST", path, body).status == 422
    assert models_repository.git.branches() == ["change", "main"]


def test_a_tree_of_unknown_objects_is_refused(
    github_api: GitHubServer, models_repository: ModelsRepository
) -> None:
    body = {"tree": [{"path": "a", "mode": "100644", "sha": "1" * 40}]}
    assert call(github_api, "POST", f"/repos/{models_repository.name}/git/trees", body).status == 422


def test_a_pull_request_needs_its_branch(github_api: GitHubServer, models_repository: ModelsRepository) -> None:
    body = {"head": "acme:absent", "base": "main", "title": "t", "body": "b"}
    assert call(github_api, "POST", f"/repos/{models_repository.name}/pulls", body).status == 422
    assert models_repository.pull_requests() == []


def test_every_call_is_recorded(github_api: GitHubServer, models_repository: ModelsRepository) -> None:
    call(github_api, "GET", f"/repos/{models_repository.name}")
    last = github_api.github.calls[-1]
    assert (last.method, last.path, last.status) == ("GET", f"/api/v3/repos/{models_repository.name}", 200)
