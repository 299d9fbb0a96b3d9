"""The platform's price book, as the commands are given it."""

from pathlib import Path

from neuroscale.cli.text_file import read_text_file
from neuroscale.prices.book_file import read_price_book
from neuroscale.prices.price import PriceBook


def read_price_book_file(path: Path) -> PriceBook:
    """Return the prices in a file.

    Raises:
        UnreadableInputError: The file cannot be read, or is not YAML.
        InvalidInputError: A field of it is wrong.
    """
    return read_price_book(read_text_file(path), str(path))
