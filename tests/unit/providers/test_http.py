"""The bounded HTTP client against servers that misbehave on the level of bytes."""

import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from providers.http import HttpClient, Reply
from providers.interface import FailureKind, OutcomeUnknown, ProviderRefused

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n"
BODY = b'{"fine": 1}'
Answer = Callable[[socket.socket, int], None]


@contextmanager
def server(answer: Answer) -> Iterator[tuple[str, list[bytes]]]:
    """A server whose `answer(connection, number)` is called for each connection; yields its address and what it got."""
    received: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket, number: int) -> None:
        with connection:
            connection.settimeout(2)
            try:
                received.append(connection.recv(65_536))
                answer(connection, number)
            except OSError:
                return  # the client has given up, as several tests want it to

    def accept() -> None:
        for number in range(1000):
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=serve, args=(connection, number), daemon=True))
            threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", received
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(5)
        for thread in threads:
            thread.join(5)


def send(answer: Answer, client: HttpClient | None = None) -> Reply:
    with server(answer) as (url, _):
        return (client or HttpClient(1, 1)).send("GET", url, headers={})


def test_a_good_reply_is_read():
    assert send(lambda connection, _: connection.sendall(OK + BODY)) == Reply(200, {"fine": 1})


def test_a_4xx_with_json_is_a_reply():
    raw = b'HTTP/1.1 422 No\r\nContent-Length: 11\r\n\r\n{"fine": 1}'
    assert send(lambda connection, _: connection.sendall(raw)).status == 422


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        OK,
        OK + BODY[:5],
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n[{}]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 11\r\n\r\n\x1f\x8b\x08garbage!",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 408 Timeout\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 429 Slow down\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\n<html>",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 599 Oops\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"X-Header: y\r\n" * 2000 + b"\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + b"[" * 20000,
    ],
)
def test_anything_else_is_unknown(raw: bytes):
    with pytest.raises(OutcomeUnknown):
        send(lambda connection, _: connection.sendall(raw))


def test_silence_ends_at_the_read_timeout():
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        send(lambda connection, _: time.sleep(2), HttpClient(1, 0.3))
    assert time.monotonic() - started < 4


@pytest.mark.parametrize("head", [OK.replace(b"11", b"999999"), b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_dripping_reply_cannot_outlive_the_deadline(head: bytes):
    def drip(connection: socket.socket, _: int) -> None:
        connection.sendall(head)
        for _ in range(100):
            connection.sendall(b" ")
            time.sleep(0.1)

    started = time.monotonic()
    with server(drip) as (url, _), pytest.raises(OutcomeUnknown, match="too long"):
        HttpClient(0.5, 0.5).send("GET", url, headers={})
    assert time.monotonic() - started < 8


def test_dripping_headers_cannot_outlive_the_deadline():
    def drip(connection: socket.socket, _: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(100):
            connection.sendall(b"X-%d: y\r\n" % number)
            time.sleep(0.1)

    started = time.monotonic()
    with server(drip) as (url, _), pytest.raises(OutcomeUnknown):
        HttpClient(0.5, 0.5).send("GET", url, headers={})
    assert time.monotonic() - started < 8


def test_a_reply_is_bounded_in_size():
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + b" " * 3000
    with pytest.raises(OutcomeUnknown, match="longer than 2000"):
        send(lambda connection, _: connection.sendall(raw), HttpClient(max_bytes=2000))


def test_a_refused_connection_was_provably_never_sent():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound but not listening: nobody else can take it, and it refuses
        with pytest.raises(ProviderRefused) as refused:
            HttpClient().send("POST", f"http://127.0.0.1:{closed.getsockname()[1]}", headers={}, payload={})
    assert refused.value.failure.kind is FailureKind.TECHNICAL
    assert refused.value.failure.code == "unreachable"


def test_a_stale_kept_connection_is_unknown_because_the_request_may_have_arrived():
    """The server closes the kept connection only after it has read the second request on it."""

    def answer_once(connection: socket.socket, _: int) -> None:
        connection.sendall(OK + BODY)
        received.append(connection.recv(65_536))

    with server(answer_once) as (url, received):
        client = HttpClient(1, 1)
        assert client.send("GET", url, headers={}).status == 200
        with pytest.raises(OutcomeUnknown):
            client.send("POST", url, headers={}, payload={"amount": 1})
        assert sum(b"amount" in request or request.startswith(b"POST") for request in received) == 1


def test_a_connection_is_kept_within_a_thread_and_not_shared_between_threads():
    def answer_for_ever(connection: socket.socket, number: int) -> None:
        while True:
            connection.sendall(OK + BODY)
            if not connection.recv(65_536):
                return

    with server(answer_for_ever) as (url, received):
        client = HttpClient(1, 1)

        def twice() -> None:
            for _ in range(2):
                client.send("GET", url, headers={})

        threads = [threading.Thread(target=twice) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(received) == 3


def test_a_forked_child_does_not_use_its_parents_connection():
    connections: list[int] = []

    def answer_for_ever(connection: socket.socket, number: int) -> None:
        connections.append(number)
        while True:
            connection.sendall(OK + BODY)
            if not connection.recv(65_536):
                return

    with server(answer_for_ever) as (url, _):
        client = HttpClient(2, 2)
        client.send("GET", url, headers={})
        fork = multiprocessing.get_context("fork")
        child = fork.Process(target=client.send, args=("GET", url), kwargs={"headers": {}})
        child.start()
        child.join(10)
        assert child.exitcode == 0
        assert len(connections) == 2


def test_cookies_are_not_carried_over():
    raw = OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=1\r\nConnection: close\r\n\r\n") + BODY
    with server(lambda connection, _: connection.sendall(raw)) as (url, received):
        client = HttpClient(1, 1)
        client.send("GET", url, headers={})
        client.send("GET", url, headers={})
    assert not any(b"Cookie" in request for request in received)


def test_the_environment_is_not_consulted(monkeypatch: pytest.MonkeyPatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password thief\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", os.fspath(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with server(lambda connection, _: connection.sendall(OK + BODY)) as (url, received):
        HttpClient(1, 1).send("GET", url, headers={"Authorization": "Bearer ours"})
    assert b"Bearer ours" in received[0]
