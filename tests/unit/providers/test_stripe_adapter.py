"""What is said to Stripe, and what is made of answers that the local Stripe never gives."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from providers.bounded import RawReply
from providers.interface import (
    AccountConfig,
    ChargeRequest,
    ChargeStage,
    FailureKind,
    OutcomeUnknown,
    ProviderRefused,
    Trace,
)
from providers.stripe.adapter import StripeProvider
from providers.stripe.locales import locale_of

ACCOUNT = AccountConfig(id="a", provider="stripe", settings={}, secrets={"api_key": "sk_test_1"})
SESSION: dict[str, Any] = {
    "id": "cs_1", "object": "checkout.session", "client_reference_id": "att_1", "status": "open", "amount_total": 4990,
    "currency": "eur", "payment_intent": None, "payment_method_types": ["card"], "metadata": {},
    "url": "https://checkout.stripe.com/c/pay/cs_1",
}  # fmt: skip
INTENT: dict[str, Any] = {
    "id": "pi_1", "object": "payment_intent", "status": "succeeded", "amount": 4990, "amount_received": 4990,
    "currency": "eur", "metadata": {"junction_attempt": "att_1"}, "last_payment_error": None, "customer": "cus_1",
    "payment_method": "pm_1", "setup_future_usage": None, "latest_charge": None,
}  # fmt: skip
DECLINED = {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"}


class Script:
    """A way to Stripe that answers what it was given, and remembers what was asked: (method, path, form)."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def exchange(self, method: str, url: str, *, headers: Any, data: str | None) -> RawReply:
        form = {name: values[0] for name, values in parse_qs(data or "").items()}
        self.asked.append((method, url.partition("/v1/")[2].partition("?")[0], form))
        return RawReply(200, {}, json.dumps(self.answers.pop(0)).encode())


def stripe_saying(*answers: dict[str, Any]) -> tuple[StripeProvider, Script]:
    """The adapter and the way to its Stripe."""
    http: Any = Script(*answers)
    return StripeProvider(http=http), http


def request(**changes: Any) -> ChargeRequest:
    now = datetime.now(UTC)
    usual: dict[str, Any] = {
        "attempt_id": "att_1", "asked_at": now, "amount": 4990, "currency": "EUR", "method": "card",
        "reference": "Order 1", "return_url": "https://hub.example/back", "expires_at": now + timedelta(hours=2),
    }  # fmt: skip
    return ChargeRequest(**usual | changes)


def asked_for(**changes: Any) -> dict[str, str]:
    """The form that opens a payment page."""
    provider, way = stripe_saying(SESSION)
    provider.charge(ACCOUNT, request(**changes))
    return way.asked[0][2]


@pytest.mark.parametrize(
    ("asked_ago", "expires_in", "expected"),
    [
        (0, 120, 120),
        (0, 1, 35),  # half an hour is the least at Stripe, and some minutes are left for asking again
        (3, 1, 32),  # asked for again: the same moment
        (0, 60 * 100, 24 * 60 - 5),  # a day is the most
        (0, 35, 35),
    ],
)
def test_a_page_ends_at_the_same_moment_however_often_it_is_asked_for(
    asked_ago: int, expires_in: int, expected: int
):
    now = datetime.now(UTC)
    form = asked_for(
        asked_at=now - timedelta(minutes=asked_ago), expires_at=now + timedelta(minutes=expires_in)
    )
    assert abs(int(form["expires_at"]) - (now + timedelta(minutes=expected)).timestamp()) <= 1


@pytest.mark.parametrize(("asked_ago", "expires_in"), [(61, 600), (0, 0), (6, 1), (0, -5)])
def test_too_late_nothing_is_made_any_more(asked_ago: int, expires_in: int):
    provider, way = stripe_saying()
    now = datetime.now(UTC)
    late = request(asked_at=now - timedelta(minutes=asked_ago), expires_at=now + timedelta(minutes=expires_in))
    with pytest.raises(ProviderRefused) as refused:
        provider.charge(ACCOUNT, late)
    assert refused.value.failure.kind is FailureKind.EXPIRED
    assert way.asked == []


def test_what_is_said_depends_on_what_is_wished():
    plain = asked_for()
    assert plain["allowed_payment_method_types[0]"] == "card"
    assert not [name for name in plain if "future" in name or "three_d" in name or name.startswith("customer")]
    wishes = asked_for(
        save_for_later=True, strong_authentication=True, customer_email="ada@example.com", locale="de-AT"
    )
    assert wishes["payment_intent_data[setup_future_usage]"] == "off_session"
    assert wishes["customer_creation"] == "always"
    assert wishes["payment_method_options[card][request_three_d_secure]"] == "any"
    assert (wishes["customer_email"], wishes["locale"]) == ("ada@example.com", "de")


def test_a_method_that_stripe_silently_leaves_out_is_refused_and_its_page_closed():
    provider, way = stripe_saying({**SESSION, "payment_method_types": ["link"]}, {**SESSION, "status": "expired"})
    with pytest.raises(ProviderRefused) as refused:
        provider.charge(ACCOUNT, request())
    assert refused.value.failure.code == "unsupported_method"
    assert [path for _, path, _ in way.asked] == ["checkout/sessions", "checkout/sessions/cs_1/expire"]


@pytest.mark.parametrize(
    ("session", "kind"),
    [
        ({"status": "expired"}, FailureKind.EXPIRED),
        ({"status": "expired", "metadata": {"junction_closed": "yes"}}, FailureKind.CUSTOMER_CANCELLED),
        ({"status": "expired", "payment_intent": {**INTENT, "status": "canceled", "last_payment_error": DECLINED}},
         FailureKind.SOFT_DECLINE),
        ({"status": "complete", "payment_intent": {**INTENT, "status": "requires_payment_method",
          "last_payment_error": DECLINED}}, FailureKind.SOFT_DECLINE),
    ],
)  # fmt: skip
def test_pages_that_ended_unpaid(session: dict[str, Any], kind: FailureKind):
    provider, _ = stripe_saying({**SESSION, **session})
    charge = provider.look_up(ACCOUNT, "att_1", Trace(provider_reference="cs_1"))
    assert charge is not None
    assert charge.failure is not None
    assert charge.failure.kind is kind


@pytest.mark.parametrize(
    ("session", "stage"),
    [
        ({"payment_intent": {**INTENT, "status": "requires_payment_method", "last_payment_error": DECLINED}},
         ChargeStage.AWAITING_CUSTOMER),
        ({"status": "complete", "payment_intent": {**INTENT, "status": "processing"}}, ChargeStage.PROCESSING),
        ({"status": "complete", "payment_intent": {**INTENT, "status": "requires_action"}}, ChargeStage.PROCESSING),
    ],
)  # fmt: skip
def test_pages_that_wait(session: dict[str, Any], stage: ChargeStage):
    provider, _ = stripe_saying({**SESSION, **session})
    charge = provider.look_up(ACCOUNT, "att_1", Trace(provider_reference="cs_1"))
    assert charge is not None
    assert (charge.stage, bool(charge.redirect_url)) == (stage, stage is ChargeStage.AWAITING_CUSTOMER)


@pytest.mark.parametrize(
    "session",
    [
        {"client_reference_id": "att_2"},
        {"status": "complete"},
        {"status": "coined_tomorrow"},
        {"payment_intent": "pi_1"},
        {"payment_intent": {**INTENT, "metadata": {"junction_attempt": "att_2"}}},
        {"payment_intent": {**INTENT, "amount_received": "4990"}},
        {"amount_total": None},
        {"currency": "xts"},
        {"url": None},
        {"id": "cs_1/../x"},
    ],
)
def test_what_cannot_be_understood_leaves_the_outcome_unknown(session: dict[str, Any]):
    provider, _ = stripe_saying({**SESSION, **session})
    with pytest.raises(OutcomeUnknown):
        provider.look_up(ACCOUNT, "att_1", Trace(provider_reference="cs_1"))


def test_a_list_without_an_end_is_no_answer():
    page = {"object": "list", "url": "/v1/checkout/sessions", "has_more": True}
    page["data"] = [{**SESSION, "client_reference_id": "att_2"} for _ in range(100)]
    provider, way = stripe_saying(*[page] * 201)
    with pytest.raises(OutcomeUnknown):
        provider.look_up(ACCOUNT, "att_1")
    assert len(way.asked) <= 201


def test_a_debit_that_another_method_leaves_behind_is_the_token():
    details = {"type": "bancontact", "bancontact": {"generated_sepa_debit": "pm_debit"}}
    charge = {"id": "ch_1", "object": "charge", "payment_method_details": details}
    paid = {**INTENT, "setup_future_usage": "off_session", "latest_charge": charge}
    provider, _ = stripe_saying(paid)
    found = provider.look_up(ACCOUNT, "att_1", Trace(provider_reference="pi_1"))
    assert found is not None
    assert found.token == "cus_1/pm_debit"
    provider, way = stripe_saying(INTENT)
    provider.charge(ACCOUNT, request(method="bancontact", token=found.token))
    assert way.asked[0][2]["allowed_payment_method_types[0]"] == "sepa_debit"


def test_keys_of_the_other_mode_reach_nobody():
    provider, way = stripe_saying()
    for account in (replace(ACCOUNT, live=True), replace(ACCOUNT, secrets={"api_key": "rk_live_1"})):
        assert "api_key" in provider.problems(account)
        with pytest.raises(ProviderRefused):
            provider.charge(account, request())
        with pytest.raises(ProviderRefused):
            provider.connect(account)
    assert way.asked == []
    odd = replace(ACCOUNT, secrets={"api_key": "pk_test_1", "webhook_secret": "secret"})
    assert provider.problems(odd).keys() == {"api_key", "webhook_secret"}
    assert provider.problems(ACCOUNT) == {}


def test_connecting_learns_the_account_and_takes_no_other():
    told = {"id": "acct_1", "object": "account", "country": "IT", "business_profile": {"name": "North"}}
    provider, _ = stripe_saying(told, told, {**told, "charges_enabled": False})
    connection = provider.connect(ACCOUNT)
    assert connection.learned == {"account_id": "acct_1", "country": "IT"}
    assert connection.summary == "Stripe knows this account as North (acct_1, IT, test mode)."
    with pytest.raises(ProviderRefused) as refused:
        provider.connect(replace(ACCOUNT, settings={"account_id": "acct_2"}))
    assert refused.value.failure.code == "another_account"
    assert "may not take payments yet" in provider.connect(ACCOUNT).summary


@pytest.mark.parametrize(
    ("tag", "theirs"),
    [("it", "it"), ("de-AT", "de"), ("pt_BR", "pt-BR"), ("en-gb", "en-GB"), ("nn-NO", "nb"), ("", "auto")],
)
def test_languages(tag: str, theirs: str):
    assert locale_of(tag) == theirs
