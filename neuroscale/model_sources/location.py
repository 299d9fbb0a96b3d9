"""From the text that names a model to where its configuration is: no file or network is touched."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from neuroscale.errors import InvalidInputError
from neuroscale.model_sources.gguf_types import QUANTIZATION_SUFFIXES, is_gguf_quantization, storage_type_names

FIELD = "model"
STANDARD_INPUT = "-"

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
_REPOSITORY = re.compile(rf"{_NAME}(?:/{_NAME})?")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,63}){0,3}")
_PLAIN_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SPECIAL_REVISION = re.compile(r"refs/(?:pr/\d{1,9}|convert/[A-Za-z0-9._-]{1,64})")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_AZURE_HOST = re.compile(r"([a-z0-9]{3,24})\.(?:blob|dfs)\.core\.windows\.net")
_HUB_HOSTS = frozenset({"huggingface.co", "hf.co"})
_HUB_VIEWS = frozenset({"blob", "resolve", "raw", "tree"})
_FILE_SUFFIXES = (".json", ".gguf", ".safetensors")
_MAXIMUM_LENGTH = 2048


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A repository name alone: the catalogue may know it, and a hub may have it."""

    repository: str


@dataclass(frozen=True, slots=True)
class HubModel:
    """A repository of a hub that speaks the protocol of huggingface.co.

    Attributes:
        repository: Name, "organisation/name".
        revision: Branch, tag or commit; None for the main branch.
        file: The file to read, such as one of several GGUF files; None lets the repository's files decide.
        quantization: The name of a GGUF quantisation, such as "Q4_K_M", of which the repository has a file.
    """

    repository: str
    revision: str | None = None
    file: str | None = None
    quantization: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectModel:
    """A file of an object store, or the prefix under which a model's files are.

    Attributes:
        scheme: The kind of store.
        account: Azure storage account; None where the environment names it, and for the other stores.
        bucket: Bucket, or container in Azure.
        key: Key of a file or prefix, without slashes around it; "" for the whole bucket.
    """

    scheme: Literal["s3", "gs", "az"]
    account: str | None
    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class WebModel:
    """A file of a web server, or the address under which a model's files are."""

    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == 443 else f":{self.port}"
        return f"https://{host}{port}{self.path}"


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A file, or a directory in which a model's files are."""

    path: Path


@dataclass(frozen=True, slots=True)
class StandardInput:
    """A config.json that is written to standard input."""


ModelLocation = NamedModel | HubModel | ObjectModel | WebModel | LocalModel | StandardInput


def parse_model_location(text: str) -> ModelLocation:
    """Read the text that names a model.

    Understood are `organisation/name`, `organisation/name@revision`, `organisation/name:Q4_K_M` for the GGUF file
    of that quantisation (vLLM's spelling, which `@revision` may follow), `hf://organisation/name` with `@revision`
    (the hub's spelling, which a file of the repository may follow) or `:revision` (KServe's), `s3://`, `gs://`,
    `az://` and Azure's `https://account.blob.core.windows.net/container/path`, `https://`, `file://`, a path that
    begins with `/`, `./`, `../` or `~/` or ends in .json, .gguf or .safetensors, and `-`.

    Raises:
        InvalidInputError: The text names nothing that a configuration can be read from.
    """
    if len(text) > _MAXIMUM_LENGTH or not text.isprintable():
        raise InvalidInputError(
            f"must be printable and have at most {_MAXIMUM_LENGTH} characters", field=FIELD, fix=_FIX
        )
    if text == STANDARD_INPUT:
        return StandardInput()
    scheme, separator, rest = text.partition("://")
    if separator:
        return _of_scheme(scheme.lower(), rest, text)
    if text.startswith(("/", "./", "../", "~/")) or text in {".", ".."} or text.endswith(_FILE_SUFFIXES):
        return LocalModel(Path(text).expanduser())
    name, at, revision = text.partition("@")
    repository, colon, quantization = name.partition(":")
    if _REPOSITORY.fullmatch(repository) is None or (colon and not quantization):
        raise _refused(text, "names no model")
    if colon:
        _check_quantization(quantization, text)
    if not at and not colon:
        return NamedModel(repository)
    return HubModel(repository, _revision(revision, text) if at else None, quantization=quantization or None)


_FIX = (
    "write organisation/name, organisation/name@revision, organisation/name:Q4_K_M, hf://, s3://, gs://, az:// or "
    "https:// and where it is, or the path of a config.json"
)


def _of_scheme(scheme: str, rest: str, text: str) -> ModelLocation:
    match scheme:
        case "hf":
            return _hub_model(rest, text)
        case "s3" | "gs" | "az":
            return _object_model(scheme, rest, text)
        case "https":
            return _web_model(text)
        case "file":
            return LocalModel(Path("/", unquote(rest.removeprefix("localhost").lstrip("/"))))
        case "http":
            raise _refused(_shown(text), "is not encrypted", "write https://")
        case "pvc" | "oci":
            raise _refused(text, f"{scheme}:// is read by the cluster alone", "name the mounted directory")
        case _:
            raise _refused(_shown(text), f"{scheme[:20]}:// is no source of models")


def _hub_model(rest: str, text: str) -> HubModel:
    rest = rest.removeprefix("models/") if rest.count("/") > 1 else rest
    organisation, _, tail = rest.strip("/").partition("/")
    name, slash, file = tail.partition("/")
    name, at, revision = name.partition("@")
    if at and slash and (special := _SPECIAL_REVISION.match(f"{revision}/{file}")):
        revision, file = special.group(), f"{revision}/{file}"[special.end() + 1 :]
    if not at:
        name, at, revision = name.partition(":")
    repository = f"{organisation}/{name}"
    if _REPOSITORY.fullmatch(repository) is None or organisation in {"datasets", "spaces"}:
        raise _refused(text, "names no model repository", "write hf://organisation/name")
    found = _revision(revision, text) if at else None
    return HubModel(repository, found, "/".join(_segments(file, text)) or None)


def _object_model(scheme: Literal["s3", "gs", "az"], rest: str, text: str) -> ObjectModel:
    bucket, _, key = rest.partition("/")
    if _BUCKET.fullmatch(bucket) is None or ".." in bucket:
        kind = "container" if scheme == "az" else "bucket"
        raise _refused(_shown(text), f"names no {kind}", f"write {scheme}://{kind}/path")
    return ObjectModel(scheme, None, bucket, "/".join(_segments(key, text)))


def _web_model(text: str) -> ModelLocation:
    parts = _split(text)
    host = (parts.hostname or "").rstrip(".").lower()
    if parts.username is not None or parts.password is not None:
        raise _refused(f"https://{host}", "carries a credential", "leave it out of the address")
    if parts.query or parts.fragment:
        raise _refused(f"https://{host}{parts.path}", "has a query or a fragment", "leave it out")
    segments = _segments(parts.path, text)
    if azure := _AZURE_HOST.fullmatch(host):
        if not segments or _BUCKET.fullmatch(segments[0]) is None:
            raise _refused(text, "names no container", f"write https://{host}/container/path")
        return ObjectModel("az", azure.group(1), segments[0], "/".join(segments[1:]))
    if host in _HUB_HOSTS:
        return _hub_page(segments, text)
    return WebModel(host, parts.port or 443, "".join(f"/{segment}" for segment in segments))


def _hub_page(segments: tuple[str, ...], text: str) -> HubModel:
    """Read the address of a repository's page, or of one of its files, as a browser shows it."""
    if len(segments) == 2:
        return _hub_model("/".join(segments), text)
    if len(segments) >= 4 and segments[2] in _HUB_VIEWS:
        return HubModel("/".join(segments[:2]), _revision(segments[3], text), "/".join(segments[4:]) or None)
    raise _refused(text, "is no page of a model repository", "write hf://organisation/name")


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        if parts.hostname and parts.port != 0:
            return parts
    except ValueError:
        pass
    raise _refused(_shown(text), "is no address", "write https://host/path/config.json")


def _segments(path: str, text: str) -> tuple[str, ...]:
    """Return the parts of a path, none of which may lead anywhere but further down."""
    segments = tuple(segment for segment in path.split("/") if segment)
    for segment in segments:
        plain = unquote(segment)
        if plain in {".", ".."} or "/" in plain or "\\" in plain or not plain.isprintable():
            raise _refused(_shown(text), f"has the part {segment[:40]!r}, which is no plain name", "write it out")
    return segments


def _check_quantization(name: str, text: str) -> None:
    if not is_gguf_quantization(name):
        raise _refused(
            text,
            f"{name[:40]!r} is no GGUF quantisation",
            f"write one of {', '.join(storage_type_names())}, also with {', '.join(QUANTIZATION_SUFFIXES)} behind "
            "it, or name the file: hf://organisation/name/FILE.gguf; a revision is written behind @",
        )


def _revision(text: str, whole: str) -> str:
    if (_REVISION if text.startswith("refs/") or "@" in whole else _PLAIN_REVISION).fullmatch(text) is None:
        raise _refused(whole, f"the revision {text[:40]!r} is no branch, tag or commit", "write name@main")
    return text


def _shown(text: str) -> str:
    """Return an address without what may be secret in it."""
    return re.sub(r"//[^/@]*@", "//", text.partition("?")[0])


def _refused(shown: str, problem: str, fix: str = _FIX) -> InvalidInputError:
    return InvalidInputError(f"'{shown[:200]}' {problem}", field=FIELD, fix=fix)
