"""The files below an address of a web server."""

from urllib.parse import quote

import httpx2

from neuroscale.errors import UnknownModelError
from neuroscale.model_sources.errors import SourceAccessError, SourceUnavailableError
from neuroscale.model_sources.location import WebModel
from neuroscale.model_sources.web_client import WebClient

_FILE_SUFFIXES = (".json", ".gguf", ".safetensors")
_ACCESS = frozenset({httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN})
_ABSENT = frozenset({httpx2.codes.NOT_FOUND, httpx2.codes.GONE})


class WebFiles:
    """Files that are known by name alone: a web server does not list them."""

    def __init__(self, base_url: str, client: WebClient, field: str) -> None:
        self._base_url = base_url
        self._client = client
        self._field = field

    @property
    def provenance(self) -> str:
        """The address."""
        return self._base_url

    def names(self) -> None:
        """Return None: the files cannot be listed."""
        return

    def read(self, name: str, maximum_bytes: int) -> bytes | None:
        """Return a whole file, None when there is none of that name."""
        answer = self._client.get(self._url(name), maximum_bytes)
        if answer.response.status_code in _ABSENT:
            return None
        self._check(answer.response, name)
        return answer.content

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Return a part of a file."""
        answer = self._client.get_range(self._url(name), offset, length)
        if answer.response.status_code in _ABSENT:
            raise UnknownModelError(f"there is no file {name}", field=self._field)
        if answer.response.status_code != httpx2.codes.RANGE_NOT_SATISFIABLE:
            self._check(answer.response, name)
        return answer.content

    def _url(self, name: str) -> str:
        return f"{self._base_url}/{quote(name)}"

    def _check(self, response: httpx2.Response, name: str) -> None:
        status = response.status_code
        if status in _ACCESS:
            raise SourceAccessError(
                f"{name} is not for everybody (status {status})",
                field=self._field,
                fix="web servers are read without credentials; use a hub or an object store",
            )
        if not response.is_success:
            raise SourceUnavailableError(f"{name} was answered with status {status}", field=self._field)


def open_web(location: WebModel, client: WebClient, field: str) -> tuple[WebFiles, str | None]:
    """Return the files at an address, and the one that was named."""
    if not location.path.endswith(_FILE_SUFFIXES):
        return WebFiles(location.url, client, field), None
    base, _, name = location.url.rpartition("/")
    return WebFiles(base, client, field), name
