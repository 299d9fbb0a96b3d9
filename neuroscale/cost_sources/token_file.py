"""Bearer tokens that are mounted as files."""

from pathlib import Path

from neuroscale.errors import InvalidInputError, UnreadableInputError

_LARGEST_TOKEN_BYTES = 16 * 1024


def read_token(path: Path, field: str) -> str:
    """Return the token of a file.

    Raises:
        UnreadableInputError: The file cannot be read.
        InvalidInputError: It does not hold exactly one token.
    """
    try:
        with path.open("rb") as opened:
            token = opened.read(_LARGEST_TOKEN_BYTES).decode("ascii").strip()
    except OSError as error:
        raise UnreadableInputError(f"cannot read {path}: {error.strerror or error}", field=field) from None
    except UnicodeDecodeError:
        token = ""
    if not token or not token.isprintable() or " " in token:
        raise InvalidInputError(f"{path} does not hold one token", field=field, fix="write it alone")
    return token
