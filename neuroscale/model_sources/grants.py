"""Which sources may be read: the beginnings of locations that an operator listed."""

from collections.abc import Iterable
from dataclasses import dataclass

from neuroscale.errors import InvalidInputError
from neuroscale.model_sources.errors import SourceRefusedError
from neuroscale.model_sources.location import (
    HubModel,
    LocalModel,
    ModelLocation,
    NamedModel,
    ObjectModel,
    StandardInput,
    WebModel,
    parse_model_location,
)

_FIELD = "--model-source"
_FIX = "write hf://, hf://organisation, s3://bucket, gs://bucket, az://container, https://host or a directory"


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission: every location whose parts begin with these may be read.

    Attributes:
        text: As the operator wrote it.
        parts: The kind of source and what follows, outermost first, e.g. ("s3", "models", "llama").
    """

    text: str
    parts: tuple[str, ...]


def read_grant(text: str) -> Grant:
    """Read one permission, e.g. `hf://` (the whole hub), `hf://google`, `s3://models/approved` or `/mnt/models`.

    Raises:
        InvalidInputError: It permits nothing that can be read.
    """
    prefix = text.rstrip("/")
    if prefix in {"hf:", "hf"}:
        return Grant(text, ("hf",))
    if prefix.startswith("hf://") and "/" not in prefix.removeprefix("hf://"):
        # An organisation is read as the repository of that name would be, so that its spelling is checked.
        read_grant(f"{prefix}/any")
        return Grant(text, ("hf", prefix.removeprefix("hf://").casefold()))
    try:
        location = parse_model_location(prefix)
    except InvalidInputError as problem:
        raise InvalidInputError(problem.message, field=_FIELD, fix=_FIX) from None
    match location:
        case NamedModel() | StandardInput():
            raise InvalidInputError(f"'{text}' is no source", field=_FIELD, fix=_FIX)
        case HubModel(revision=str()) | HubModel(file=str()) | HubModel(quantization=str()):
            raise InvalidInputError(f"'{text}' is more than a repository", field=_FIELD, fix=_FIX)
        case LocalModel(path) if not path.is_dir():
            raise InvalidInputError(f"{path} is no directory", field=_FIELD, fix="mount it first")
    return Grant(text, _parts(location))


def is_granted(location: ModelLocation, grants: Iterable[Grant]) -> bool:
    """Tell whether one of the permissions covers the location."""
    parts = _parts(location)
    return any(parts[: len(grant.parts)] == grant.parts for grant in grants)


def check_granted(location: ModelLocation, grants: Iterable[Grant], field: str) -> None:
    """Raise SourceRefusedError unless one of the permissions covers the location."""
    if not is_granted(location, grants):
        raise SourceRefusedError(
            "is no source that may be read here",
            field=field,
            fix="give the model's config.json as config, or ask the operator to list it as --model-source",
        )


def granted_hosts(grants: Iterable[Grant]) -> frozenset[str]:
    """Return the hosts of the web servers that are listed."""
    return frozenset(grant.parts[1].rpartition(":")[0] for grant in grants if grant.parts[0] == "https")


def _parts(location: ModelLocation) -> tuple[str, ...]:
    match location:
        case HubModel(repository) | NamedModel(repository):
            return ("hf", *repository.casefold().split("/"))
        case ObjectModel(scheme, account, bucket, key):
            return (scheme, account or "", bucket, *key.split("/")) if key else (scheme, account or "", bucket)
        case WebModel(host, port, path):
            return ("https", f"{host}:{port}", *(segment for segment in path.split("/") if segment))
        case LocalModel(path):
            # Links are followed first: what they lead to is what is read.
            return ("file", *path.resolve().parts)
        case StandardInput():
            return ("standard input",)
