"""A transport that speaks to public addresses only: what a name resolves to, and what was connected, is looked at."""

import ipaddress
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from providers.deadline import DeadlineAdapter

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")  # all that is assigned for use across networks
NEVER = (
    ipaddress.ip_network("2002::/16"),  # 6to4, which carries any IPv4 address within
    ipaddress.ip_network("3fff::/20"),  # for documentation
    ipaddress.ip_network("192.88.99.0/24"),  # relays of 6to4
)
MOST_ADDRESSES = 4  # of a name that are tried, one after the other


class AddressRefused(NewConnectionError):
    """The name leads to an address inside a network. Nothing was sent."""


def networks_of(text: str) -> tuple[Network, ...]:
    """The networks of a list such as `10.2.0.0/16,fd00::/8`; none of an empty one. Raises: ValueError, a sentence."""
    found: list[Network] = []
    for each in filter(None, (part.strip() for part in text.split(","))):
        try:
            network = ipaddress.ip_network(each)
        except ValueError as error:
            raise ValueError(f"{each!r} is no network; list networks such as 10.2.0.0/16.") from error
        if network.prefixlen == 0:
            raise ValueError(f"{each!r} is every address: list only networks of your own.")
        found.append(network)
    return tuple(found)


def is_public(address: str, allowed: Iterable[Network] = ()) -> bool:
    """Tell whether `address` (of a host, IPv4 or IPv6) may be spoken to: it is public, or within `allowed`.

    Anything that is not one plain address is refused. IPv4 within IPv6 (::ffff:10.0.0.1) counts as what it carries.
    """
    try:
        ip: Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if any(ip in network for network in allowed):
        return True
    if ip.is_multicast or ip.is_reserved or not ip.is_global or any(ip in network for network in NEVER):
        return False
    return ip.version == 4 or ip in GLOBAL_V6  # 64:ff9b::/96 and others that carry IPv4 addresses are outside


class _PublicOnly:
    """A connection to one of the public addresses of its host; mixed into urllib3's."""

    allowed: tuple[Network, ...] = ()
    connected: Callable[[socket.socket], object]
    host: str
    port: int
    timeout: Any

    def _new_conn(self) -> socket.socket:
        """Connect within the connection's timeout, for all addresses together.

        Raises: AddressRefused, NameResolutionError, ConnectTimeoutError, NewConnectionError.
        """
        until = time.monotonic() + float(self.timeout)
        connection: Any = self  # urllib3's errors name the connection
        try:
            found = socket.getaddrinfo(self.host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(self.host, connection, reason) from error
        public = [place for place in found if is_public(str(place[4][0]), self.allowed)]
        if not public:
            raise AddressRefused(connection, "the address is not public")
        failed = NewConnectionError(connection, "no address answered")
        for family, kind, protocol, _, place in public[:MOST_ADDRESSES]:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(max(until - time.monotonic(), 0.001))
                sock.connect(place)
                if not is_public(sock.getpeername()[0], self.allowed):
                    raise AddressRefused(connection, "the address is not public")
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(float(self.timeout))
                self.connected(sock)
            except TimeoutError as problem:
                sock.close()
                raise ConnectTimeoutError(connection, "no connection in time") from problem
            except AddressRefused:
                sock.close()
                raise
            except OSError as problem:
                sock.close()
                failed = NewConnectionError(connection, str(problem))
            else:
                return sock
        raise failed


class PublicOnlyAdapter(DeadlineAdapter):
    """Requests' transport to public addresses and those within `allowed`, with DeadlineAdapter's deadline.

    `connected` is called with each socket before anything is sent on it.
    """

    def __init__(
        self,
        header_seconds: float,
        allowed: Iterable[Network] = (),
        connected: Callable[[socket.socket], object] = lambda sock: None,
    ) -> None:
        own = {"allowed": tuple(allowed), "connected": staticmethod(connected)}
        super().__init__(header_seconds, type("PublicOnly", (_PublicOnly,), own))
