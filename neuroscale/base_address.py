"""The address of a server, as operators and users name it: scheme, host and path, and nothing to leak."""

from urllib.parse import urlsplit

from neuroscale.errors import InvalidInputError


def check_base_address(address: str, field: str) -> str:
    """Return a base address without a trailing slash.

    Args:
        address: What was given.
        field: Its name, for messages, which never repeat the address: it may hold credentials.

    Raises:
        InvalidInputError: It is no http or https address, or it carries credentials, a query or a fragment.
    """
    if not _is_base_address(address):
        raise InvalidInputError(
            "not a base address",
            field=field,
            fix="write one like http://server.namespace:8080, without credentials or a query",
        )
    return address.rstrip("/")


def _is_base_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    is_bare = not parts.query and not parts.fragment and parts.username is None
    return is_usable and is_bare and address.isprintable() and " " not in address
