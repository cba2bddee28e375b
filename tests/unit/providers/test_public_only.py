"""Which addresses count as public, and that nothing is sent to one that does not, whatever a name resolves to."""

import ipaddress
import socket
import threading
from collections.abc import Iterator

import pytest
import requests

from providers.public_only import PublicOnlyAdapter, is_public

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34", "100.128.0.1"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.10", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "255.255.255.255", "224.0.0.1", "239.1.2.3", "240.0.0.1", "192.0.2.1", "198.18.0.1", "192.88.99.1", "::", "::1",
        "::ffff:10.0.0.1", "::ffff:7f00:1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1",
        "2002:7f00:1::", "2001:0:4136:e378::1", "2001:db8::1", "3fff::1", "fe80::1", "fe80::1%eth0", "fec0::1",
        "fc00::1", "fd12::1", "ff02::1", "localhost", "", "2130706433", "0x7f.1", "127.1",
    ],
)  # fmt: skip
def test_everything_else_is_not(address: str) -> None:
    assert not is_public(address)


def test_a_network_that_is_allowed_is_and_its_neighbours_are_not() -> None:
    allowed = (ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00:1::/32"))
    assert is_public("10.1.2.3", allowed)
    assert is_public("::ffff:10.1.2.3", allowed)
    assert is_public("fd00:1::5", allowed)
    assert not is_public("10.2.2.3", allowed)
    assert not is_public("127.0.0.1", allowed)


class Listener:
    """A socket on loopback that notes who connected and what they sent."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.connections = 0
        self.received = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                while not self.received.endswith((b"hello", b"secret")) and (more := connection.recv(65_536)):
                    self.received += more  # the head and the body may come one after the other
                if self.received:
                    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.socket.close()


def session(**options: object) -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    for scheme in ("http://", "https://"):
        made.mount(scheme, PublicOnlyAdapter(5, **options))  # type: ignore[arg-type]  # the options are its own
    return made


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_spelling_of_a_private_address_is_connected(listener: Listener, scheme: str, host: str) -> None:
    with pytest.raises(requests.ConnectionError):
        session().post(f"{scheme}://{host}:{listener.port}/", data=b"secret", timeout=3)
    assert (listener.connections, listener.received) == (0, b"")


def test_a_name_that_leads_inside_is_not_connected(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", listener.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: inside)
    with pytest.raises(requests.ConnectionError, match="not public"):
        session().post(f"http://shop.example:{listener.port}/", data=b"secret", timeout=3)
    assert listener.connections == 0


def test_a_connection_that_ended_up_inside_sends_nothing(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name's address is public; whoever answers is not: as if something on the way had led it inside."""
    outside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", listener.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: outside)
    real = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda sock, _: real(sock, ("127.0.0.1", listener.port)))
    with pytest.raises(requests.ConnectionError, match="not public"):
        session().post(f"http://shop.example:{listener.port}/", data=b"secret", timeout=3)
    assert listener.received == b""


def test_what_is_allowed_is_reached_and_each_socket_is_told_of(listener: Listener) -> None:
    told: list[int] = []
    reply = session(allowed=LOOPBACK, connected=lambda sock: told.append(sock.getpeername()[1])).post(
        f"http://localhost:{listener.port}/", data=b"hello", timeout=3
    )
    assert reply.status_code == 204
    assert told == [listener.port]
    assert listener.received.endswith(b"hello")
