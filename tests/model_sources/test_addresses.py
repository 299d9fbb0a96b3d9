"""No source leads to an address that was not meant."""

import ipaddress
import socket

import pytest

from neuroscale.model_sources.address_policy import AddressPolicy, resolve
from neuroscale.model_sources.errors import SourceRefusedError, SourceUnavailableError

INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
    "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.0.8", "198.18.0.1", "203.0.113.9",
    "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
    "2002:7f00:1::", "2002:a9fe:a9fe::1",
]  # fmt: skip
OUTSIDE = ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(SourceRefusedError, match="leads to the"):
        resolve(address, 443, AddressPolicy(), "model")


@pytest.mark.parametrize("address", OUTSIDE)
def test_a_public_address_is_not(address: str) -> None:
    assert [str(ipaddress.ip_address(address))] == [
        str(found) for found in resolve(address, 443, AddressPolicy(), "m")
    ]


@pytest.mark.parametrize("text", ["2130706433", "0x7f000001", "017700000001", "127.1"])
def test_other_spellings_of_an_address_hide_nothing(text: str) -> None:
    with pytest.raises((SourceRefusedError, SourceUnavailableError)):
        resolve(text, 443, AddressPolicy(), "model")


@pytest.mark.parametrize(
    ("address", "is_reached"),
    [
        ("10.0.0.1", True),
        ("127.0.0.1", True),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("::ffff:169.254.169.254", False),
    ],
)
def test_a_listed_name_may_be_private_but_never_leads_to_the_clouds_credentials(
    monkeypatch: pytest.MonkeyPatch, address: str, is_reached: bool
) -> None:
    answers_of_names(monkeypatch, [address])
    policy = AddressPolicy(frozenset({"models.internal"}))
    if is_reached:
        assert [str(found) for found in resolve("models.internal", 443, policy, "model")] == [address]
    else:
        with pytest.raises(SourceRefusedError):
            resolve("models.internal", 443, policy, "model")


def test_an_address_that_is_listed_itself_is_meant() -> None:
    policy = AddressPolicy(frozenset({"169.254.169.254"}))
    assert [str(found) for found in resolve("169.254.169.254", 443, policy, "model")] == ["169.254.169.254"]


def test_one_bad_address_among_good_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    answers_of_names(monkeypatch, ["1.1.1.1", "10.0.0.1"])
    with pytest.raises(SourceRefusedError, match=r"leads to the private address 10\.0\.0\.1"):
        resolve("models.example.com", 443, AddressPolicy(), "model")


def test_a_host_that_is_not_listed_is_not_even_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers_of_names(monkeypatch, ["1.1.1.1"])
    with pytest.raises(SourceRefusedError, match="which is not listed"):
        resolve("secrets.attacker.example", 443, AddressPolicy(are_public_hosts_allowed=False), "model")
    assert asked == []


def test_a_name_without_an_address_is_unavailable() -> None:
    with pytest.raises(SourceUnavailableError, match="has no address"):
        resolve("nowhere.invalid", 443, AddressPolicy(), "model")


def answers_of_names(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> list[str]:
    """Let every name have these addresses, and return the names that were asked."""
    asked: list[str] = []

    def answer(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked
