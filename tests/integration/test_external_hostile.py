"""An external provider with bad intentions: nothing is applied, nobody is sent astray, and a person hears of money."""

import socket
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.statuses import AttemptStatus, PaymentStatus
from app.models import Payment, PaymentAttempt, ProviderAccount, WebhookDelivery, db
from app.services import accounts, payments, refunds
from app.services.transaction import transaction
from providers import registry
from providers.interface import OutcomeUnknown, ProviderRefused
from tests.support import hostile, webhooks
from tests.support.customer import Customer
from tests.support.external import CALLBACK_SECRET, SIGNING_SECRET, add_account, reaching_loopback, registered
from tests.support.flow import alerts, attempts_of, let_call_end, open_session, pay, run_jobs
from tests.support.hostile import Hostile, replying
from tests.support.rows import row_counts

ACCOUNT = "sandbox_north"  # the first of the seed's rules for cards; here it is an external provider's
OTHER = "another_external"
OTHER_SECRET = "whsec_" + "b3RoZXItY2FsbGJhY2stc2VjcmV0LWZvci10ZXN0cyE="
MOST_MEMORY = 12_000_000  # bytes, while 50 MB are on offer
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


@dataclass(frozen=True)
class Setting:
    """The hub, and the provider it trusts with its cards."""

    app: Flask
    provider: Hostile


@pytest.fixture
def setting(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Setting]:
    reach = reaching_loopback(connect_seconds=0.5, read_seconds=0.5)
    monkeypatch.setattr(registry, "REGISTRY", MappingProxyType(registered(reach)))
    with Hostile() as provider, app.app_context():
        settings = {"base_url": provider.url, "announced": provider.announced()}
        add_account(ACCOUNT, provider.url, connected=False, settings=settings)
        yield Setting(app, provider)
        db.session.rollback()


LIES: dict[str, hostile.Lie] = {
    "50 MB": hostile.fifty_megabytes,
    "endless": hostile.endless,
    "dripping": hostile.dripping,
    "dripping headers": hostile.dripping_headers,
    "a redirect inside": replying(302, Location="/inside", Content_Length="0"),
    "a bomb of brackets": replying(200, b"[" * 900_000, Content_Length="900000"),
    "packed": replying(200, b"\x1f\x8b\x08\x00", Content_Encoding="gzip", Content_Length="4"),
    "a page": replying(403, b"<html>Forbidden</html>", Content_Length="22"),
    "an error of a stranger's": replying(402, b'{"error": "pay more"}', Content_Length="21"),
    "nothing": {},
}
TALES: dict[str, dict[str, Any]] = {
    "another attempt": {"reference": "att_" + "0" * 32},
    "no reference": {"reference": None},
    "an amount beyond all": {"amount": 10**400},
    "half a cent": {"amount": 12990.5},
    "a currency in words": {"currency": "euro"},
    "a page elsewhere": {"page_url": "https://phishing.example/pay"},
    "a page that is a script": {"page_url": "javascript:alert(1)"},
    "a page of a namesake": {"page_url": "http://127.0.0.1.phishing.example/pay"},
    "a name that no database holds": {"id": "ch_\0"},
    "a name without end": {"id": "c" * 5000},
    "a state of its own": {"state": "paid"},
    "a failure without a reason": {"state": "failed", "stage": None},
}


@pytest.mark.parametrize("what", [*LIES, *TALES])
def test_what_cannot_be_believed_leaves_the_attempt_unknown(setting: Setting, what: str) -> None:
    setting.provider.lie, setting.provider.changes = LIES.get(what), TALES.get(what, {})
    customer = Customer(setting.app)
    began = time.monotonic()
    tracemalloc.start()
    reply = customer.send("pay", method="card", accept_terms="yes")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reply.status_code in (200, 303)
    assert reply.headers.get("Location", "/checkout/").startswith("/checkout/")
    assert most < MOST_MEMORY
    assert time.monotonic() - began < 8
    [attempt] = attempts_of(customer.session_id)
    assert (attempt.status, attempt.redirect_url, attempt.account_id) == (AttemptStatus.UNKNOWN, None, ACCOUNT)
    let_call_end(attempt.id)
    assert payments.settle(attempt.id).status == AttemptStatus.UNKNOWN, "asked again, it knows as little"
    assert customer.look().status_code == 200
    assert "/inside" not in setting.provider.asked
    assert db.session.scalars(select(Payment)).one().status == PaymentStatus.PENDING
    assert len(attempts_of(customer.session_id)) == 1, "nobody else was asked to charge meanwhile"


@pytest.mark.parametrize("changes", [{"amount": 1}, {"amount": 12991}, {"amount": -12990}, {"currency": "JPY"}])
def test_money_that_is_not_ours_is_not_taken_and_a_person_is_told(setting: Setting, changes: dict[str, Any]) -> None:
    done = {"state": "succeeded", "stage": None, "page_url": None}
    setting.provider.changes = done | changes
    attempt = pay(open_session().id)
    payments.settle(attempt.id)
    [held] = attempts_of(attempt.session_id)
    assert (held.status, held.payment.status, held.payment.paid) == ("pending", PaymentStatus.PENDING, 0)
    assert [alert.subject_id for alert in alerts("amount_mismatch")] == [attempt.id]


def test_a_refund_of_another_amount_is_not_booked(setting: Setting) -> None:
    setting.provider.changes = {"state": "succeeded", "stage": None, "page_url": None}
    attempt = pay(open_session().id)
    assert payments.settle(attempt.id).payment.status == PaymentStatus.PAID
    refund_id = refunds.request(attempt.payment_id, amount=2500, actor="user:anna@example.com").id
    run_jobs()  # it answers with 129.90, whatever was asked
    payment = db.session.get_one(Payment, attempt.payment_id)
    assert (refunds.get_refund(refund_id).status, payment.refunded, payment.reserved) == ("requested", 0, 2500)
    assert [alert.subject_id for alert in alerts("refund_amount_differs")] == [refund_id]


def test_reports_and_lists_without_an_end_are_given_up(setting: Setting) -> None:
    line = {"kind": "charge", "id": "ch_1", "reference": None, "state": "succeeded", "amount": 1, "currency": "EUR"}
    many = [line | {"at": "2026-01-31T10:00:00Z"}] * 5000
    setting.provider.lie = {"lines": many, "next_offset": 1}
    provider, account = registry.get("external"), _config(ACCOUNT)
    with pytest.raises(OutcomeUnknown, match="too long"):
        provider.report(account, datetime.now(UTC).date())
    assert len(setting.provider.asked) < 30


@pytest.mark.parametrize("address", ["10.0.0.7", "169.254.169.254", "::1", "127.0.0.1"])
def test_a_name_that_leads_inside_is_never_asked(
    setting: Setting, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """As the hub runs: without PROVIDER_ALLOWED_NETWORKS nothing inside is spoken to."""
    monkeypatch.undo()
    monkeypatch.delenv("PROVIDER_ALLOWED_NETWORKS", raising=False)
    port = int(setting.provider.url.rpartition(":")[2])
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(family, socket.SOCK_STREAM, 6, "", (address, port))])
    base_url = f"http://pay.example:{port}"
    add_account(OTHER, base_url, connected=False, settings={"base_url": base_url})
    with pytest.raises(ProviderRefused, match="private_address"):
        registry.get("external").connect(_config(OTHER))
    assert setting.provider.asked == []


CALLBACKS = {
    "forged": webhooks.signed(b"{}", secret=OTHER_SECRET),
    "signed for another body": webhooks.signed(b"{}", secret=CALLBACK_SECRET),
    "unsigned": {},
}


def _callback(setting: Setting, body: bytes, headers: dict[str, str], account: str = ACCOUNT) -> int:
    path = f"/v1/webhooks/external/{account}"
    return setting.app.test_client().post(path, data=body, headers=headers).status_code


@pytest.mark.parametrize("what", [*CALLBACKS, "stale", "from the future"])
def test_a_callback_that_is_not_proven_now_is_refused(setting: Setting, what: str) -> None:
    body = webhooks.body("att_" + "0" * 32)
    ages = {"stale": timedelta(minutes=6), "from the future": timedelta(minutes=-6)}
    aged = webhooks.signed(body, secret=CALLBACK_SECRET, age=ages.get(what, timedelta()))
    before = row_counts()
    assert _callback(setting, body, CALLBACKS.get(what, aged)) == 400
    assert row_counts() == before


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"\xff", b'{"type": "a\\u0000", "timestamp": "2026-01-31T10:00:00Z", "data": {"id": "x"}}',
     b'{"type": "\\ud800", "timestamp": "2026-01-31T10:00:00Z", "data": {"id": "x"}}', b"[" * 90_000],
)  # fmt: skip
def test_a_callback_that_is_proven_and_unreadable_is_refused(setting: Setting, body: bytes) -> None:
    try:
        headers = webhooks.signed(body, secret=CALLBACK_SECRET)
    except UnicodeDecodeError:
        headers = webhooks.signed(b"", secret=CALLBACK_SECRET)
    assert _callback(setting, body, headers) == 400


def test_one_account_cannot_speak_for_another(setting: Setting) -> None:
    """B's callback is not A's, and what B says of A's attempt in its own name is nothing that concerns A."""
    add_account(OTHER, setting.provider.url, connected=False)
    attempt = pay(open_session().id)
    body = webhooks.body(attempt.id)
    setting.provider.changes = {"state": "succeeded", "stage": None, "page_url": None}
    _share_secret(OTHER, OTHER_SECRET)
    headers = webhooks.signed(body, secret=OTHER_SECRET)
    assert _callback(setting, body, headers, ACCOUNT) == 400
    assert _callback(setting, body, headers, OTHER) < 300
    run_jobs()
    assert db.session.get_one(PaymentAttempt, attempt.id).status == AttemptStatus.PENDING
    for _ in range(3):  # A's own, and replayed
        assert _callback(setting, body, webhooks.signed(body, secret=CALLBACK_SECRET)) < 300
    run_jobs()
    assert db.session.get_one(PaymentAttempt, attempt.id).status == AttemptStatus.SUCCEEDED
    assert len(db.session.scalars(select(WebhookDelivery)).all()) == 2


def test_while_the_secret_is_exchanged_both_are_good(setting: Setting) -> None:
    _share_secret(ACCOUNT, OTHER_SECRET, previous_callback_secret=CALLBACK_SECRET)
    body = webhooks.body("att_" + "0" * 32)
    for number, secret in enumerate((OTHER_SECRET, CALLBACK_SECRET)):
        assert _callback(setting, body, webhooks.signed(body, f"evt_{number}", secret=secret)) < 300
    _share_secret(ACCOUNT, OTHER_SECRET)
    assert _callback(setting, body, webhooks.signed(body, "evt_2", secret=CALLBACK_SECRET)) == 400


def _config(account_id: str) -> Any:
    return accounts.connect(account_id)[1]


def _share_secret(account_id: str, callback_secret: str, **more: str) -> None:
    """Agree on another callback secret with an account's provider."""
    known = {"signing_secret": SIGNING_SECRET, "callback_secret": callback_secret, **more}
    with transaction():
        account = db.session.get_one(ProviderAccount, account_id)
        account.encrypted_secrets = accounts.encrypt(known)
