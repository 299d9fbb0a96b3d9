"""Which network addresses may be connected to. A name is resolved once, and what was checked is what is used."""

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass

import httpcore2

from neuroscale.model_sources.errors import SourceRefusedError, SourceUnavailableError

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Addresses that stand for an IPv4 address inside an IPv6 one, besides those that the standard library unwraps.
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_LISTABLE_BY_NAME = frozenset({"private", "loopback"})
# Assignments of protocols: whether they count as global differs between versions of Python.
_PROTOCOLS = ipaddress.IPv4Network("192.0.0.0/24")
_SITE_LOCAL = ipaddress.IPv6Network("fec0::/10")


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """The hosts that may be asked.

    Attributes:
        listed_hosts: Names or literal addresses that were listed; they may lead to private and loopback addresses.
            Link-local, multicast and unspecified addresses, where clouds keep their credentials, must be listed
            themselves: no name leads there.
        are_public_hosts_allowed: Whether a host that is not listed may be asked if all its addresses are public.
    """

    listed_hosts: frozenset[str] = frozenset()
    are_public_hosts_allowed: bool = True

    def check_host(self, host: str, field: str) -> None:
        """Raise SourceRefusedError for a host that must not be asked, whatever its addresses are."""
        if not self.are_public_hosts_allowed and host not in self.listed_hosts:
            raise SourceRefusedError(f"leads to '{host[:200]}', which is not listed", field=field)

    def check_address(self, host: str, address: IPAddress, field: str) -> None:
        """Raise SourceRefusedError when a host leads to an address that it must not."""
        kind = _kind_of(address)
        is_named = host != str(address)
        if kind is None or (host in self.listed_hosts and (not is_named or kind in _LISTABLE_BY_NAME)):
            return
        raise SourceRefusedError(
            f"'{host[:200]}' leads to the {kind} address {address}",
            field=field,
            fix="list the host if it is meant" if kind in _LISTABLE_BY_NAME else None,
        )


def resolve(host: str, port: int, policy: AddressPolicy, field: str) -> list[IPAddress]:
    """Return the addresses of a host, all of which may be connected to.

    Raises:
        SourceRefusedError: The host is not allowed, or one of its addresses is not.
        SourceUnavailableError: The name has no address.
    """
    policy.check_host(host, field)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise SourceUnavailableError(
            f"the name '{host[:200]}' has no address", field=field, fix="check the name and the network"
        ) from None
    # A scoped address ("fe80::1%eth0") is judged without its zone.
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    for address in addresses:
        policy.check_address(host, address, field)
    return list(dict.fromkeys(addresses))


class CheckedNetwork(httpcore2.NetworkBackend):
    """Connects to the very addresses that were checked, so that a name cannot change its answer in between."""

    def __init__(self, policy: AddressPolicy, field: str) -> None:
        self._policy = policy
        self._field = field
        self._network = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address that answers; TLS is later checked against the name."""
        failure: Exception = httpcore2.ConnectError("no address")
        for address in resolve(host, port, self._policy, self._field):
            try:
                return self._network.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as problem:
                failure = problem
        raise failure


def _kind_of(address: IPAddress) -> str | None:
    """Return why an address is not public, None when it is."""
    if isinstance(address, ipaddress.IPv6Address) and (inner := _embedded(address)) is not None:
        return _kind_of(inner)
    if address.is_unspecified:
        return "unspecified"
    if address.is_loopback:
        return "loopback"
    if address.is_link_local:
        return "link-local"
    if address.is_multicast:
        return "multicast"
    if isinstance(address, ipaddress.IPv6Address) and address in _SITE_LOCAL:
        return "private"
    if address.is_global and address not in _PROTOCOLS:
        return None
    # Unique local addresses of IPv6 and the shared space of carriers are private in all but the attribute.
    return "reserved" if address.is_reserved else "private"


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in _NAT64) or (int(address) >> 32 == 0 and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
