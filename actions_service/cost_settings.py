"""What the service knows of costs: the platform's prices, and where usage is measured."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from actions_service.log import log
from neuroscale.base_address import check_base_address
from neuroscale.cost_sources.client import CostSource
from neuroscale.cost_sources.errors import CostSourceAccessError
from neuroscale.cost_sources.token_file import read_token
from neuroscale.cost_sources.usage import TokenSource
from neuroscale.errors import NeuroScaleError, UnreadableInputError
from neuroscale.prices.book_file import read_price_book
from neuroscale.prices.price import PriceBook

_LARGEST_BOOK_BYTES = 1024 * 1024
# An action has a deadline of its own, within which OpenCost and Prometheus both have to answer.
_SOURCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class CostResources:
    """What actions know of costs besides their input.

    Attributes:
        prices: Returns the platform's price book by now; None without one.
        region: Region whose prices hold where an input names none.
        opencost: Where allocations are read; None reads none.
        tokens: Where the tokens that engines counted are read; None reads none.
    """

    prices: Callable[[], PriceBook] | None = None
    region: str | None = None
    opencost: CostSource | None = None
    tokens: TokenSource | None = None


class PriceBookFile:
    """A price book that follows its file; a mistake in a changed file is logged, and the last right one stays."""

    def __init__(self, file: Path) -> None:
        """Read the first book.

        Raises:
            NeuroScaleError: It cannot be read, or a field of it is wrong.
        """
        self._file = file
        self._guard = threading.Lock()
        self._content = _content(file)
        self._refused = b""
        self._book = _book(self._content, file)

    def current(self) -> PriceBook:
        """Return the book of the file as it is now, or the last one that was right."""
        with self._guard:
            try:
                content = _content(self._file)
                if content not in {self._content, self._refused}:
                    self._refused = content
                    self._book = _book(content, self._file)
                    self._content, self._refused = content, b""
                    log(logging.INFO, "price-book-changed", prices=len(self._book.accelerators))
            except NeuroScaleError as error:
                log(logging.WARNING, "price-book-refused", reason=str(error))
            return self._book


def read_cost_resources(
    prices: Path | None,
    region: str | None,
    opencost: str | None,
    opencost_token_file: Path | None,
    prometheus: str | None,
    prometheus_token_file: Path | None,
) -> CostResources:
    """Return what the options of the command name.

    Raises:
        UnreadableInputError: The price book or a token file cannot be read.
        InvalidInputError: The price book, an address or a token is none.
    """
    opencost_source = _source("OpenCost", opencost, "--opencost", opencost_token_file, "--opencost-token-file")
    prometheus_source = _source(
        "Prometheus", prometheus, "--usage-prometheus", prometheus_token_file, "--usage-prometheus-token-file"
    )
    return CostResources(
        prices=None if prices is None else PriceBookFile(prices).current,
        region=region,
        opencost=opencost_source,
        tokens=None if prometheus_source is None else TokenSource(prometheus_source),
    )


def _source(
    title: str, address: str | None, option: str, token_file: Path | None, token_option: str
) -> CostSource | None:
    if token_file is not None:
        read_token(token_file, token_option)
    if address is None:
        return None

    def token() -> str | None:
        """Return the token as the file has it now: mounted secrets are renewed while the service runs."""
        try:
            return None if token_file is None else read_token(token_file, token_option)
        except NeuroScaleError:
            raise CostSourceAccessError(
                f"the token for {title} cannot be read", field=title, fix="tell the operator"
            ) from None

    return CostSource(title, check_base_address(address, option), token, _SOURCE_SECONDS)


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > _LARGEST_BOOK_BYTES:
            raise UnreadableInputError("larger than 1 MiB", field=str(file))
        return file.read_bytes()
    except OSError as error:
        raise UnreadableInputError(f"cannot be read: {error.strerror}", field=str(file)) from error


def _book(content: bytes, file: Path) -> PriceBook:
    try:
        return read_price_book(content.decode("utf-8"), str(file))
    except UnicodeDecodeError as error:
        raise UnreadableInputError("cannot be read: it is not UTF-8 text", field=str(file)) from error
