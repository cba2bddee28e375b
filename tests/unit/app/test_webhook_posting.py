"""One POST to an endpoint: bounded in time and size whatever the other side does, and never led elsewhere."""

import time
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from app.services import webhook_posting
from app.services.webhook_posting import Outcome, post, readable
from tests.support.receiver import Answer, Receiver, dripping, endless, replying, silent_for

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def told(receiver: Receiver, answer: int | Answer = 204) -> Outcome:
    receiver.answers = [answer]
    return post(receiver.url, {"webhook-id": "evt_1"}, b'{"type":"x"}', LOOPBACK)


def test_the_body_arrives_as_it_is_and_the_reply_is_kept(receiver: Receiver) -> None:
    outcome = told(receiver, replying(200, "thank you"))
    assert (outcome.http_status, outcome.detail, outcome.taken) == (200, "thank you", True)
    [received] = receiver.received
    assert received.body == b'{"type":"x"}'
    assert received.headers["webhook-id"] == "evt_1"
    assert "cookie" not in received.headers


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    with Receiver() as elsewhere:
        outcome = told(receiver, replying(status, Location=elsewhere.url))
        assert elsewhere.received == []
    assert not outcome.taken
    assert outcome.detail.startswith("Redirects are not followed.")


@pytest.mark.parametrize("answer", [silent_for(3), dripping])
def test_a_reply_that_does_not_come_in_time_is_none(
    receiver: Receiver, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_posting, "TOTAL_SECONDS", 0.3)
    began = time.monotonic()
    outcome = told(receiver, answer)
    assert time.monotonic() - began < 2
    assert (outcome.http_status, outcome.detail) == (None, "No reply within 15 seconds.")


def test_an_endless_reply_is_read_no_further_than_needed(receiver: Receiver) -> None:
    began = time.monotonic()
    outcome = told(receiver, endless)
    assert time.monotonic() - began < 5
    assert outcome.taken
    assert len(outcome.detail) == webhook_posting.KEPT


def test_a_body_that_stops_halfway_takes_no_longer_than_the_whole_time(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_posting, "TOTAL_SECONDS", 0.3)

    def stop(handler: object) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")  # type: ignore[attr-defined]  # a handler
        time.sleep(3)

    began = time.monotonic()
    outcome = told(receiver, stop)
    assert time.monotonic() - began < 2
    assert outcome.taken


def test_a_handshake_that_does_not_come_to_an_end_takes_no_longer(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other side speaks no TLS and waits for a request that never comes."""
    monkeypatch.setattr(webhook_posting, "TOTAL_SECONDS", 0.3)
    began = time.monotonic()
    outcome = post(receiver.url.replace("http:", "https:"), {}, b"{}", LOOPBACK)
    assert time.monotonic() - began < 2
    assert outcome.http_status is None
    assert receiver.received == []


def test_what_nobody_answers_or_nobody_knows_is_said_in_words(receiver: Receiver) -> None:
    with Receiver() as gone:
        url = gone.url
    assert "nobody listens" in post(url, {}, b"{}", LOOPBACK).detail
    assert "could not be resolved" in post("http://shop.invalid/", {}, b"{}", LOOPBACK).detail
    assert "private network" in post(receiver.url, {}, b"{}").detail
    assert receiver.received == []


def test_proxies_of_the_environment_are_ignored(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert told(receiver).taken


def test_nothing_is_left_open(receiver: Receiver) -> None:
    """Each POST watches its connection by a thread and a handle of its own; neither outlives it."""
    before = len(webhook_posting.threading.enumerate())
    for _ in range(20):
        told(receiver)
    time.sleep(0.2)
    assert len(webhook_posting.threading.enumerate()) <= before + 1


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\0b", "a\ufffdb"),
        ("my secret is whsec_abcDEF123+/=, keep it", "my secret is whsec_[removed], keep it"),
        ("é" * 600, "é" * 500),
    ],
)
def test_what_is_kept_of_a_reply_can_be_stored_and_holds_no_secret(text: str, kept: str) -> None:
    assert readable(text) == kept
