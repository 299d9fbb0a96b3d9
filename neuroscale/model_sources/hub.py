"""The files of a repository of a hub: huggingface.co, or a mirror that speaks its protocol.

The addresses, headers and errors are those of huggingface_hub; the connections are ours, so that addresses are
checked, bodies are bounded and nothing is written to a cache on disk.
"""

import json
import os
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2
from huggingface_hub import constants
from huggingface_hub.errors import (
    DisabledRepoError,
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import hf_hub_url
from huggingface_hub.utils import build_hf_headers, hf_raise_for_status  # type: ignore[attr-defined]

from neuroscale.errors import InvalidInputError, NeuroScaleError, UnknownModelError
from neuroscale.model_sources.errors import SourceAccessError, SourceRefusedError, SourceUnavailableError
from neuroscale.model_sources.limits import Limits
from neuroscale.model_sources.location import HubModel
from neuroscale.model_sources.web_client import WebClient

_ENDPOINT_VARIABLE = "HF_ENDPOINT"
_MAXIMUM_FILES = 50_000
_TOKEN_FIX = "accept the model's terms on the hub, and give a token that may read it"  # noqa: S105 - no password


def hub_endpoint() -> str:
    """Return the hub's address, that of HF_ENDPOINT where it is set, without a slash at its end.

    Raises:
        InvalidInputError: HF_ENDPOINT is no address.
    """
    endpoint = (os.environ.get(_ENDPOINT_VARIABLE) or constants.ENDPOINT).rstrip("/")
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None or parts.query:
        raise InvalidInputError(
            "is no address of a hub", field=_ENDPOINT_VARIABLE, fix="write one like https://huggingface.co"
        )
    return endpoint


class HubFiles:
    """The files of a repository at one commit."""

    def __init__(self, repository: str, commit: str, names: tuple[str, ...], connection: "HubConnection") -> None:
        self.repository = repository
        self.commit = commit
        self._names = names
        self._connection = connection

    @property
    def provenance(self) -> str:
        """The repository and its commit."""
        return f"{self.repository} at commit {self.commit} of {self._connection.host}"

    def names(self) -> tuple[str, ...]:
        """Return the files' names."""
        return self._names

    def read(self, name: str, maximum_bytes: int) -> bytes | None:
        """Return a whole file, None when there is none of that name."""
        if name not in self._names:
            return None
        return self._connection.read(self.repository, self.commit, name, maximum_bytes)

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Return a part of a file."""
        if name not in self._names:
            raise UnknownModelError(f"there is no file {name}", field=self._connection.field)
        return self._connection.read_range(self.repository, self.commit, name, offset, length)


class HubConnection:
    """Asks a hub, with a token where there is one."""

    def __init__(self, endpoint: str, token: str | None, client: WebClient, field: str) -> None:
        self.field = field
        self.host = urlsplit(endpoint).netloc
        self._endpoint = endpoint
        self._client = client
        self._has_token = token is not None
        # False and not None: the library must not look for a token of its own.
        self._headers = build_hf_headers(token=token or False, library_name="neuroscale")

    def open(self, location: HubModel, limits: Limits) -> HubFiles:
        """Return the files of a repository at the commit that its revision names now.

        Raises:
            SourceRefusedError: The environment says that the hub is not to be asked.
            UnknownModelError: There is no such repository or revision, or it is private.
            SourceAccessError: The repository is gated, or the token is not valid.
            SourceUnavailableError: The hub does not answer, or not as a hub does.
        """
        if constants.is_offline_mode():
            raise SourceRefusedError("the hub is not asked while HF_HUB_OFFLINE is set", field=self.field)
        revision = "" if location.revision is None else f"/revision/{quote(location.revision, safe='')}"
        url = f"{self._endpoint}/api/models/{location.repository}{revision}"
        answer = self._client.get(url, limits.index_bytes, self._headers)
        self._check(answer.response, location.repository)
        try:
            described: dict[str, Any] = json.loads(answer.content)
            repository, commit, siblings = described["id"], described["sha"], described["siblings"]
            names = tuple(entry["rfilename"] for entry in siblings[:_MAXIMUM_FILES])
        except (ValueError, RecursionError, LookupError, TypeError):
            raise self._no_hub() from None
        if not all(isinstance(name, str) for name in (repository, commit, *names)) or not commit.isalnum():
            raise self._no_hub()
        # A repository that was renamed is answered under its new name.
        return HubFiles(repository, commit, names, self)

    def read(self, repository: str, commit: str, name: str, maximum_bytes: int) -> bytes:
        """Return a whole file."""
        answer = self._client.get(self._url(repository, commit, name), maximum_bytes, self._headers)
        self._check(answer.response, repository)
        return answer.content

    def read_range(self, repository: str, commit: str, name: str, offset: int, length: int) -> bytes:
        """Return a part of a file."""
        url = self._url(repository, commit, name)
        answer = self._client.get_range(url, offset, length, self._headers)
        if answer.response.status_code != httpx2.codes.RANGE_NOT_SATISFIABLE:
            self._check(answer.response, repository)
        return answer.content

    def _url(self, repository: str, commit: str, name: str) -> str:
        return hf_hub_url(repository, name, revision=commit, endpoint=self._endpoint)

    def _check(self, response: httpx2.Response, repository: str) -> None:
        try:
            hf_raise_for_status(response)
        except HfHubHTTPError as problem:
            # The library's text repeats the address, which may be signed, and is of many lines.
            raise self._told(problem, response.status_code, repository) from None

    def _told(self, problem: HfHubHTTPError, status: int, repository: str) -> NeuroScaleError:
        match problem:
            case GatedRepoError():
                given = "the token may not read it" if self._has_token else "no token is given"
                return SourceAccessError(f"{repository} is gated, and {given}", field=self.field, fix=_TOKEN_FIX)
            case DisabledRepoError():
                return UnknownModelError(f"{repository} was disabled by the hub", field=self.field)
            case RevisionNotFoundError():
                return UnknownModelError(
                    f"{repository} has no such revision", field=self.field, fix="name a branch, tag or commit of it"
                )
            case EntryNotFoundError():
                return UnknownModelError(f"{repository} does not have the file", field=self.field)
            case RepositoryNotFoundError():
                seen = "" if self._has_token else " without a token"
                return UnknownModelError(
                    f"{self.host} has no repository {repository} that can be seen{seen}",
                    field=self.field,
                    fix="correct the name; for a private or gated model give a token that may read it",
                )
        if status == httpx2.codes.UNAUTHORIZED:
            return SourceAccessError(
                f"{self.host} does not know the token", field=self.field, fix="give a valid one"
            )
        if status == httpx2.codes.FORBIDDEN:
            return SourceAccessError(f"{repository} may not be read", field=self.field, fix=_TOKEN_FIX)
        if status == httpx2.codes.TOO_MANY_REQUESTS:
            return SourceUnavailableError(
                f"{self.host} was asked too often",
                field=self.field,
                fix="wait, or give a token: its limits are higher",
            )
        return SourceUnavailableError(f"{self.host} answered with status {status}", field=self.field)

    def _no_hub(self) -> SourceUnavailableError:
        return SourceUnavailableError(
            f"{self.host} does not answer as a hub", field=self.field, fix=f"check {_ENDPOINT_VARIABLE}"
        )
