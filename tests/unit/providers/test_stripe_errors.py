"""What Stripe's errors mean: the table is closed, and only what Stripe promises is a definite no."""

import json
from contextlib import suppress
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from providers.bounded import RawReply
from providers.interface import AccountConfig, FailureKind, OutcomeUnknown, ProviderError, ProviderRefused
from providers.stripe import errors
from providers.stripe.client import StripeHttp, connect, found, reading, writing
from providers.stripe.errors import KINDS, declined, refund_failed

ACCOUNT = AccountConfig(id="a", provider="stripe", settings={}, secrets={"api_key": "sk_test_1"})
PARTS = ("_HARD", "_SOFT", "_NEEDS_CUSTOMER", "_TECHNICAL", "_CUSTOMER_CANCELLED", "_EXPIRED")


class Saying:
    """A way to Stripe that always answers the same."""

    def __init__(self, status: int, body: bytes) -> None:
        self.reply = RawReply(status, {"Request-Id": "req_1"}, body)

    def exchange(self, method: str, url: str, **content: Any) -> RawReply:
        return self.reply


def calling(status: int, body: bytes) -> stripe.Customer:
    """Retrieve something from a Stripe that answers so."""
    http: Any = Saying(status, body)
    client = connect(ACCOUNT, StripeHttp(http), "https://stripe.example")
    return client.v1.customers.retrieve("cus_1")


def error(**fields: Any) -> bytes:
    return json.dumps({"error": fields}).encode()


def about(**fields: Any) -> stripe.ErrorObject:
    """An error within a PaymentIntent."""
    with pytest.raises(stripe.StripeError) as raised:
        calling(402, error(type="card_error", message="No.", **fields))
    assert raised.value.error is not None
    return raised.value.error


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"code": "card_declined", "decline_code": "insufficient_funds"}, FailureKind.SOFT_DECLINE),
        ({"code": "card_declined", "decline_code": "stolen_card"}, FailureKind.HARD_DECLINE),
        ({"code": "card_declined", "decline_code": "authentication_required"}, FailureKind.NEEDS_CUSTOMER),
        ({"code": "authentication_required"}, FailureKind.NEEDS_CUSTOMER),
        ({"code": "expired_card"}, FailureKind.HARD_DECLINE),
        ({"code": "processing_error"}, FailureKind.TECHNICAL),
        ({"code": "card_declined", "decline_code": "coined_tomorrow"}, FailureKind.SOFT_DECLINE),
        ({"code": "expired_card", "decline_code": "coined_tomorrow"}, FailureKind.HARD_DECLINE),
        ({"code": "coined_tomorrow"}, FailureKind.SOFT_DECLINE),
        ({}, FailureKind.SOFT_DECLINE),
        ({"code": "card_declined", "decline_code": "do_not_honor", "advice_code": "do_not_try_again"},
         FailureKind.HARD_DECLINE),
        ({"code": "authentication_required", "advice_code": "do_not_try_again"}, FailureKind.NEEDS_CUSTOMER),
    ],
)  # fmt: skip
def test_declines(fields: dict[str, str], kind: FailureKind):
    failure = declined(about(**fields))
    assert failure.kind is kind
    assert failure.code == fields.get("decline_code", fields.get("code", "declined"))


def test_the_table_gives_each_code_one_meaning():
    words = " ".join(value for name, value in vars(errors).items() if name in PARTS).split()
    assert sorted(words) == sorted(KINDS)


@pytest.mark.parametrize(("reason", "kind"), [
    ("expired_or_canceled_card", FailureKind.HARD_DECLINE),
    ("coined_tomorrow", FailureKind.SOFT_DECLINE),
    (None, FailureKind.SOFT_DECLINE),
    ("", FailureKind.SOFT_DECLINE),
])  # fmt: skip
def test_refunds_that_come_back(reason: str | None, kind: FailureKind):
    assert refund_failed(reason).kind is kind
    assert refund_failed(reason).code


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, error(type="invalid_request_error", code="amount_too_small", param="amount"), "amount_too_small"),
        (400, error(type="idempotency_error"), "idempotency_error"),
        (401, error(type="invalid_request_error"), "invalid_request_error"),
        (403, error(type="invalid_request_error", code="more_permissions_required"), "more_permissions_required"),
        (404, error(type="invalid_request_error", code="resource_missing", param="id"), "resource_missing"),
        (402, error(type="card_error", code="card_declined", decline_code="do_not_honor"), "do_not_honor"),
    ],
)
def test_what_stripe_promises_not_to_have_done_is_refused(status: int, body: bytes, code: str):
    with pytest.raises(ProviderRefused) as refused:
        writing(lambda: calling(status, body))
    assert refused.value.failure.code == code
    with pytest.raises(OutcomeUnknown):
        reading(lambda: calling(status, body))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, error(type="api_error")),
        (503, b"<html>"),
        (429, error(type="invalid_request_error", code="rate_limit")),
        (400, error(type="invalid_request_error", code="rate_limit")),
        (409, error(type="idempotency_error", code="idempotency_key_in_use")),
        (400, error(type="coined_tomorrow")),
        (400, error(type="api_error")),
        (405, error(type="invalid_request_error")),
        (302, b""),
        (401, b"<html>a proxy wants a password</html>"),
        (404, b'{"error": "not found"}'),
        (404, b'{"error": ["not found"]}'),
        (200, b"not json"),
        (200, b""),
        (200, b"\xff\xfe"),
        (200, b"[" * 100_000),
        (402, error(type="card_error", payment_intent="what")[:-5]),
    ],
)
def test_everything_else_leaves_the_outcome_unknown(status: int, body: bytes):
    with pytest.raises(OutcomeUnknown):
        writing(lambda: calling(status, body))


def test_what_is_not_there_is_told_from_what_could_not_be_asked():
    assert found(lambda: calling(404, error(type="invalid_request_error", code="resource_missing"))) is None
    with pytest.raises(OutcomeUnknown):
        found(lambda: calling(404, error(type="invalid_request_error", code="account_invalid")))


def test_a_message_to_operators_holds_nothing_of_the_customer():
    body = error(type="invalid_request_error", code="email_invalid", param="customer_email", message="ada@example.com")
    with pytest.raises(ProviderRefused) as refused:
        writing(lambda: calling(400, body))
    assert "ada@" not in str(refused.value)


KEYS = st.sampled_from(["type", "code", "decline_code", "payment_intent", "object", "param", "message"])
VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=5,
)
BODIES = st.binary(max_size=80) | st.builds(lambda value: json.dumps({"error": value}).encode(), VALUES)


@given(status=st.sampled_from([200, 302, 400, 401, 402, 403, 404, 409, 422, 429, 500]), body=BODIES)
def test_whatever_comes_back_is_one_of_our_errors(status: int, body: bytes):
    with suppress(ProviderError):
        writing(lambda: calling(status, body))
