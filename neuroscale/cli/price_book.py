"""The platform's price book, as the commands are given it."""

from pathlib import Path

from neuroscale.errors import UnreadableInputError
from neuroscale.prices.book_file import read_price_book
from neuroscale.prices.price import PriceBook


def read_price_book_file(path: Path) -> PriceBook:
    """Return the prices in a file.

    Raises:
        UnreadableInputError: The file cannot be read, or is not YAML.
        InvalidInputError: A field of it is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UnreadableInputError(error.strerror or "cannot be read", field=str(path)) from error
    except UnicodeDecodeError as error:
        raise UnreadableInputError(f"is not UTF-8 text: {error.reason}", field=str(path)) from error
    return read_price_book(text, str(path))
