"""pytest fixtures: ``github_api``, once a session, and ``models_repository``, a fresh repository for each test."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.rigs.github.api import GitHub, PullRequest
from tests.rigs.github.repository import BareRepository
from tests.rigs.github.server import GitHubServer, serving

TOKEN = "github-token-of-the-rig"
HOST = "github.local"
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class ModelsRepository:
    """A repository that pull requests of a test go to.

    Attributes:
        name: ``owner/name``.
        git: The repository itself.
        github: The API that serves it.
    """

    name: str
    git: BareRepository
    github: GitHub

    @property
    def repo_url(self) -> str:
        """The repository in the form of Backstage's RepoUrlPicker."""
        owner, _, name = self.name.partition("/")
        return f"{HOST}?owner={owner}&repo={name}"

    def pull_requests(self) -> list[PullRequest]:
        """Return its pull requests, in the order they were opened."""
        return self.github.pull_requests_of(self.name)


@pytest.fixture(scope="session")
def github_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHubServer]:
    """A GitHub API over real HTTP."""
    with serving(GitHub(tmp_path_factory.mktemp("github"), TOKEN)) as server:
        yield server


@pytest.fixture
def models_repository(github_api: GitHubServer) -> ModelsRepository:
    """A bare git repository with one commit, reachable through the API."""
    name = f"acme/models-{next(_numbers)}"
    return ModelsRepository(name, github_api.github.create(name), github_api.github)
