"""The files below a prefix of an object store: S3 and what is compatible, Google Cloud Storage, Azure Blob Storage.

Credentials, regions and endpoints are those of the environment under the providers' own variables; a location names
a bucket and a key and nothing else.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore.exceptions import (
    BaseError,
    InvalidPathError,
    NotFoundError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import AzureStore, GCSStore, S3Store

from neuroscale.errors import UnknownModelError, UnreadableInputError
from neuroscale.model_sources.errors import SourceAccessError, SourceUnavailableError
from neuroscale.model_sources.limits import Deadline
from neuroscale.model_sources.location import ObjectModel

_FILE_SUFFIXES = (".json", ".gguf", ".safetensors")
_LISTED_AT_ONCE = 1000
_MAXIMUM_LISTS = 10
_RETRIES = 1

if TYPE_CHECKING:
    # The library has these names for type checkers alone.
    from obstore.store import ClientConfig, RetryConfig

Store = S3Store | GCSStore | AzureStore
Answer = TypeVar("Answer")


class ObjectFiles:
    """The objects below a prefix."""

    def __init__(self, store: Store, location: ObjectModel, prefix: str, field: str) -> None:
        self._store = store
        self._location = location
        self._prefix = prefix
        self._field = field
        self._names: tuple[str, ...] | None = None

    @property
    def provenance(self) -> str:
        """The store, the bucket and the prefix."""
        account = f"{self._location.account}/" if self._location.account else ""
        return f"{self._location.scheme}://{account}{self._location.bucket}/{self._prefix}".rstrip("/")

    def names(self) -> tuple[str, ...]:
        """Return the names of the objects below the prefix, of a very large number only the first."""
        if self._names is None:
            self._names = self._asked(self._list)
        return self._names

    def read(self, name: str, maximum_bytes: int) -> bytes | None:
        """Return a whole object, None when there is none of that name."""

        def read() -> bytes | None:
            try:
                found = obstore.get(self._store, self._key(name))
            except (FileNotFoundError, NotFoundError):
                return None
            if found.meta["size"] > maximum_bytes:
                raise UnreadableInputError(f"{name} is larger than {maximum_bytes} bytes", field=self._field)
            return bytes(found.bytes())

        return self._asked(read)

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Return a part of an object."""

        def read() -> bytes:
            try:
                found = obstore.get(self._store, self._key(name), options={"range": (offset, offset + length)})
            except (FileNotFoundError, NotFoundError):
                raise UnknownModelError(f"there is no object {name}", field=self._field) from None
            return bytes(found.bytes())

        return self._asked(read)

    def _list(self) -> tuple[str, ...]:
        names: list[str] = []
        prefix = f"{self._prefix}/" if self._prefix else ""
        stream = obstore.list(self._store, prefix or None, chunk_size=_LISTED_AT_ONCE)
        for _, chunk in zip(range(_MAXIMUM_LISTS), stream, strict=False):
            names += [entry["path"].removeprefix(prefix) for entry in chunk]
        return tuple(names)

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    def _asked(self, ask: Callable[[], Answer]) -> Answer:
        """Ask the store; its own texts may hold signatures and are not repeated."""
        try:
            return ask()
        except (UnauthenticatedError, PermissionDeniedError, PermissionError):
            raise SourceAccessError(
                f"{self.provenance} may not be read with the credentials of the environment",
                field=self._field,
                fix=_CREDENTIAL_FIXES[self._location.scheme],
            ) from None
        except InvalidPathError:
            raise UnknownModelError("names no object", field=self._field) from None
        except (BaseError, OSError):
            raise SourceUnavailableError(
                f"{self.provenance} did not answer in time, or not as an object store does",
                field=self._field,
                fix=_ENDPOINT_FIXES[self._location.scheme],
            ) from None


_ALLOW_HTTP_VARIABLES = {"s3": "AWS_ALLOW_HTTP", "gs": "GOOGLE_ALLOW_HTTP", "az": "AZURE_ALLOW_HTTP"}
_CREDENTIAL_FIXES = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a role; AWS_SKIP_SIGNATURE=true reads public buckets",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS; GOOGLE_SKIP_SIGNATURE=true reads public buckets",
    "az": "set AZURE_STORAGE_ACCOUNT_KEY or a workload identity; AZURE_SKIP_SIGNATURE=true reads public containers",
}
_ENDPOINT_FIXES = {
    "s3": "check the bucket, AWS_REGION, AWS_ENDPOINT_URL and the credentials; AWS_SKIP_SIGNATURE=true needs none",
    "gs": "check the bucket and the credentials; GOOGLE_SKIP_SIGNATURE=true needs none",
    "az": "check the container and AZURE_STORAGE_ACCOUNT_NAME; AZURE_SKIP_SIGNATURE=true needs no credentials",
}


def open_object(location: ObjectModel, deadline: Deadline, field: str) -> tuple[ObjectFiles, str | None]:
    """Return the objects at a location, and the one that was named.

    Raises:
        SourceUnavailableError: The environment's settings for the store are incomplete.
    """
    left = timedelta(seconds=deadline.left_seconds())
    is_file = location.key.endswith(_FILE_SUFFIXES)
    prefix, _, name = location.key.rpartition("/") if is_file else (location.key, "", "")
    try:
        store = _store(location, left)
    except (BaseError, OSError):
        raise SourceUnavailableError(
            f"the environment's settings for {location.scheme}:// cannot be used",
            field=field,
            fix=_ENDPOINT_FIXES[location.scheme],
        ) from None
    return ObjectFiles(store, location, prefix, field), name or None


def _store(location: ObjectModel, left: timedelta) -> Store:
    # Options that are given win over the environment's, so that this one has to be handed on.
    is_plain_allowed = os.environ.get(_ALLOW_HTTP_VARIABLES[location.scheme], "").casefold() in {"true", "1"}
    client: ClientConfig = {"timeout": left, "connect_timeout": left, "allow_http": is_plain_allowed}
    retry: RetryConfig = {"max_retries": _RETRIES, "retry_timeout": left}
    match location:
        case ObjectModel(scheme="s3"):
            return S3Store(location.bucket, client_options=client, retry_config=retry)
        case ObjectModel(scheme="gs"):
            return GCSStore(location.bucket, client_options=client, retry_config=retry)
        case ObjectModel(account=None):
            return AzureStore(location.bucket, client_options=client, retry_config=retry)
        case ObjectModel(account=account):
            return AzureStore(location.bucket, account_name=account, client_options=client, retry_config=retry)
