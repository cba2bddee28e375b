"""The external adapter: what it makes of settings and announcements, and how its requests are signed."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from providers.external import announced
from providers.external.adapter import ExternalProvider
from providers.external.announced import NotAnnounced
from providers.http import HttpClient, Reply
from providers.interface import AccountConfig, OutcomeUnknown, ProviderRefused
from providers.protocol import signing
from tests.unit.providers.test_http import server

NEW, OLD = "whsec_" + "bmV3LXNlY3JldC1mb3ItdGVzdHMtb25seS0h", "whsec_" + "b2xkLXNlY3JldC1mb3ItdGVzdHMtb25seS0h"
CARD: dict[str, Any] = {
    "currencies": ["EUR", "USD"], "countries": None, "flows": ["direct"], "min_amount": {"EUR": 50},
    "max_amount": {"EUR": 1_000_00},
}  # fmt: skip
GOOD: dict[str, Any] = {"name": "Pay", "live": False, "methods": {"card": CARD}, "refunds": True}


def account(base_url: str = "https://pay.example/hub", *, live: bool = False, **secrets: str) -> AccountConfig:
    given_secrets = {"signing_secret": NEW, "callback_secret": OLD} | secrets
    return AccountConfig("acc", "external", {"base_url": base_url}, given_secrets, live)


class Answers(HttpClient):
    """Answers everything with one body."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__()
        self.body = body

    def send(self, *args: object, **kwargs: object) -> Reply:
        return Reply(200, self.body)


def test_what_was_announced_is_what_the_account_can_do() -> None:
    provider = ExternalProvider(Answers(GOOD))
    connection = provider.connect(account())
    assert connection.summary == "Pay answered and takes payments by card."
    plain = account()
    knowing = AccountConfig("acc", "external", {**plain.settings, **connection.learned}, plain.secrets)
    can = provider.capabilities(knowing)
    assert (can.refunds, can.partial_refunds, can.subscriptions, can.reports) == (True, False, False, False)
    assert can.methods["card"].currencies == {"EUR", "USD"}
    assert (can.methods["card"].min_amount, can.methods["card"].max_amount) == ({"EUR": 50}, {"EUR": 1_000_00})
    assert provider.page_origins(knowing) == {"https://pay.example"}
    assert provider.capabilities(plain).methods == {}


WRONG: list[dict[str, Any]] = [
    {"name": None}, {"name": ""}, {"name": "a\nb"}, {"name": "\ud800"}, {"live": None}, {"live": "no"}, {"refunds": 1},
    {"methods": None}, {"methods": {}}, {"methods": {"Card": CARD}}, {"methods": {"card": None}},
    {"methods": {f"m{number}": CARD for number in range(10_000)}}, {"page_origins": "https://x"},
    {"page_origins": ["https://x/path"]}, {"page_origins": ["javascript:1"]}, {"page_origins": [None]},
    {"page_origins": ["https://u:p@x"]}, {"page_origins": [f"https://{number}.example" for number in range(11)]},
    *({"methods": {"card": CARD | change}} for change in (
        {"flows": []}, {"flows": None}, {"flows": ["telepathy"]}, {"flows": [[]]}, {"flows": ["direct"] * 4},
        {"currencies": ["euro"]}, {"currencies": "EUR"}, {"currencies": [["EUR"]]}, {"countries": ["ITA"]},
        {"min_amount": {"EUR": -1}}, {"min_amount": {"EUR": 0}}, {"min_amount": {"EUR": 1.5}},
        {"min_amount": {"EUR": True}}, {"min_amount": {"EUR": 10**13}}, {"min_amount": {"CHF": 1}},
        {"min_amount": {"EUR": 1_000_01}}, {"max_amount": []}, {"currencies": ["EUR"] * 301},
    )),
]  # fmt: skip


@pytest.mark.parametrize("change", WRONG, ids=lambda change: json.dumps(change)[:60])
def test_an_announcement_that_is_malformed_is_refused_with_its_field(change: dict[str, Any]) -> None:
    with pytest.raises(ProviderRefused) as refused:
        ExternalProvider(Answers(GOOD | change)).connect(account())
    assert refused.value.failure.code == "capabilities_malformed"
    assert next(iter(change)).split("_")[0] in refused.value.failure.message
    assert len(refused.value.failure.message) < 300


def test_an_announcement_too_long_to_keep_is_refused() -> None:
    with pytest.raises(ProviderRefused, match="100000"):
        ExternalProvider(Answers(GOOD | {"more": "x" * 100_000})).connect(account())


FIELDS = st.sampled_from(["name", "live", "methods", "card", "flows", "currencies", "min_amount", "page_origins"])
PLAIN = st.none() | st.booleans() | st.integers() | st.text()


@given(st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(FIELDS, inner)))
def test_whatever_is_announced_nothing_but_a_refusal_comes_of_it(body: Any) -> None:
    with pytest.raises(NotAnnounced):
        announced.read(body)
    announced.kept(json.dumps(body))


@pytest.mark.parametrize(("live", "says"), [(True, False), (False, True)])
def test_live_and_test_are_never_mixed(live: bool, says: bool) -> None:
    with pytest.raises(ProviderRefused) as refused:
        ExternalProvider(Answers(GOOD | {"live": says})).connect(account(live=live))
    assert refused.value.failure.code == "wrong_mode"


def test_a_live_account_is_spoken_to_and_paid_at_in_secret_only() -> None:
    plain = account("http://pay.example", live=True)
    provider = ExternalProvider(Answers(GOOD | {"live": True, "page_origins": ["http://pay.example"]}))
    assert "https://" in provider.problems(plain)["base_url"]
    for verb in (provider.connect, lambda one: provider.connect(account(live=True))):
        with pytest.raises(ProviderRefused, match="https://"):
            verb(plain)
    with pytest.raises(OutcomeUnknown):
        provider.look_up(plain, "att_1")


@pytest.mark.parametrize(
    "base_url", ["pay.example", "ftp://x", "https://u:p@x", "https://x?y=1", "https://x#y", "https://x y"]
)
def test_an_address_that_is_none_is_said_so(base_url: str) -> None:
    assert set(ExternalProvider().problems(account(base_url))) == {"base_url"}


@pytest.mark.parametrize("secret", ["short", "whsec_", "whsec_c2hvcnQ=", "whsec_?", "whsec_ü" + "A" * 40])
def test_a_secret_that_is_none_is_said_so_without_repeating_it(secret: str) -> None:
    found = ExternalProvider().problems(account(signing_secret=secret, previous_callback_secret=secret))
    assert set(found) == {"signing_secret", "previous_callback_secret"}
    assert not secret.removeprefix("whsec_") or secret not in str(found)
    assert ExternalProvider().problems(account()) == {}


def _verifies(secret: str, content: str) -> Callable[[Mapping[str, str]], bool]:
    def verify(headers: Mapping[str, str]) -> bool:
        try:
            Webhook(secret).verify(content, dict(headers), json_parse=False)
        except WebhookVerificationError:
            return False
        return True

    return verify


def test_requests_are_signed_with_both_secrets_over_method_path_query_and_body() -> None:
    """As a service checks it, with the library alone; what is sent is read off the wire."""
    reply = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"data": []}'
    with server(lambda connection, _: connection.sendall(reply)) as (url, received):
        provider = ExternalProvider(HttpClient(1, 1))
        assert provider.look_up(account(f"{url}/hub/", previous_signing_secret=OLD), "att_1") is None
    head = received[0].decode().split("\r\n\r\n")[0].split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:])}
    assert head[0] == "GET /hub/v1/charges?reference=att_1 HTTP/1.1"
    content = "GET /hub/v1/charges?reference=att_1\n"
    assert _verifies(NEW, content)(headers)
    assert _verifies(OLD, content)(headers)
    assert not _verifies(NEW, content.replace("att_1", "att_2"))(headers)
    assert not _verifies("whsec_" + "A" * 32, content)(headers)


def test_a_message_is_proven_by_any_secret_in_use_and_only_now() -> None:
    now = datetime.now(UTC)
    made = signing.sign([OLD], "msg_1", b"{}", now)
    assert signing.check([NEW, OLD], made, b"{}", now) == "msg_1"
    for secrets, headers, content, moment in [
        ([NEW], made, b"{}", now), ([], made, b"{}", now), ([OLD], made, b"{} ", now), ([OLD], {}, b"{}", now),
        ([OLD], made, b"{}", now + timedelta(minutes=6)), ([OLD], made, b"{}", now - timedelta(minutes=6)),
        ([OLD], made | {"webhook-id": "msg_2"}, b"{}", now), ([""], made, b"{}", now),
    ]:  # fmt: skip
        with pytest.raises(signing.NotProven):
            signing.check(secrets, headers, content, moment)
    with pytest.raises(ValueError, match="no secret"):
        signing.sign([], "msg_1", b"{}", now)
