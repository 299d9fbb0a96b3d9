"""Which sources of models the operator permits, from the command line."""

from pathlib import Path

from neuroscale.errors import InvalidInputError, UnreadableInputError
from neuroscale.model_sources.errors import SourceAccessError
from neuroscale.model_sources.grants import read_grant
from neuroscale.model_sources.hub import hub_endpoint
from neuroscale.model_sources.limits import Limits
from neuroscale.model_sources.sources import ModelSources, SourceSettings

_MAXIMUM_TOKEN_BYTES = 4096


def read_model_sources(
    permitted: tuple[str, ...],
    allowed_hosts: tuple[str, ...],
    token_file: Path | None,
    seconds: float,
    at_once: int,
) -> ModelSources | None:
    """Return what reads models; None when nothing is permitted.

    Raises:
        InvalidInputError: A source cannot be one, or HF_ENDPOINT is no address.
        UnreadableInputError: The token file cannot be read.
    """
    if not permitted:
        return None
    grants = tuple(read_grant(text) for text in permitted)
    if any(grant.parts[0] == "hf" for grant in grants):
        hub_endpoint()
    if token_file is not None:
        read_hub_token(token_file)
    return ModelSources(
        SourceSettings(
            grants=grants,
            listed_hosts=frozenset(host.casefold() for host in allowed_hosts),
            hub_token=lambda: None if token_file is None else _current_token(token_file),
            limits=Limits(total_seconds=seconds),
            readings_at_once=at_once,
        )
    )


def read_hub_token(path: Path) -> str:
    """Return the token of a file.

    Raises:
        UnreadableInputError: The file cannot be read.
        InvalidInputError: It does not hold exactly one token.
    """
    try:
        with path.open("rb") as opened:
            token = opened.read(_MAXIMUM_TOKEN_BYTES).decode("ascii").strip()
    except OSError as problem:
        raise UnreadableInputError(
            f"cannot read {path}: {problem.strerror or problem}", field="--hub-token-file"
        ) from None
    except UnicodeDecodeError:
        token = ""
    if not token or not token.isprintable() or " " in token:
        raise InvalidInputError(f"{path} does not hold one token", field="--hub-token-file", fix="write it alone")
    return token


def _current_token(path: Path) -> str:
    """Return the token as the file has it now: mounted secrets are renewed while the service runs."""
    try:
        return read_hub_token(path)
    except (UnreadableInputError, InvalidInputError):
        raise SourceAccessError("the hub's token cannot be read", field="model", fix="tell the operator") from None
