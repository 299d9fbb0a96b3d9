"""The addresses of servers that operators and users may name."""

import pytest

from neuroscale.base_address import check_base_address
from neuroscale.errors import InvalidInputError


@pytest.mark.parametrize(
    "address",
    [
        "http://opencost:9003",
        "https://cost.example.com/opencost/",
        "http://127.0.0.1:7007",
        "https://backstage.example.com/base",
        "http://[::1]:7007/",
    ],
)
def test_a_base_address_loses_its_last_slash_alone(address: str) -> None:
    assert check_base_address(address, "--opencost") == address.removesuffix("/")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "opencost:9003",
        "ftp://a",
        "http://",
        "http://[",
        "http://u:p@a",
        "http://a?x=1",
        "http://a#x",
        "http://a:99999",
        "http://a b",
    ],
)
def test_what_is_no_base_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidInputError, match="--opencost: not a base address"):
        check_base_address(address, "--opencost")


def test_credentials_in_an_address_are_not_repeated() -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_base_address("http://user:swordfish@opencost", "--opencost")
    assert "swordfish" not in str(caught.value)
