"""The local Stripe beyond the contract: as strict as the SDK's types, and wrong in ways that are Stripe's own."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from providers.interface import FailureKind, OutcomeUnknown, ProviderRefused
from tests.contract.conftest import eventually
from tests.contract.stripe import StripeStandIn
from tests.support.stripe_stand_in.accounts import api_key
from tests.support.stripe_stand_in.api import Api
from tests.support.stripe_stand_in.calendar import next_occurrence, period_start
from tests.support.stripe_stand_in.events import API_VERSION
from tests.support.stripe_stand_in.invoices import Settings
from tests.support.stripe_stand_in.store import Store

SESSION = {
    "mode": "payment",
    "success_url": "https://shop.example/back",
    "allowed_payment_method_types[0]": "card",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "4990",
    "line_items[0][price_data][product_data][name]": "Shoes",
}
Post = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def stripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StripeStandIn]:
    """One local Stripe for this file."""
    stand_in = StripeStandIn(tmp_path_factory.mktemp("stripe"))
    with stand_in.sink:
        stand_in.start()
        yield stand_in
        stand_in.kill()


@pytest.fixture
def post(stripe: StripeStandIn) -> Post:
    """Post a form to an address, by default what makes a Session, with some fields changed or left out."""

    def send(
        path: str = "checkout/sessions",
        fields: Mapping[str, str | None] | None = None,
        *,
        key: str = "",
        live: bool = False,
        **headers: str,
    ) -> requests.Response:
        whole = {**(SESSION if path == "checkout/sessions" else {}), **(fields or {})}
        usual = {"Authorization": f"Bearer {api_key('north', live=live)}", "Stripe-Version": API_VERSION}
        usual |= {"Idempotency-Key": key} if key else {}
        form = {name: value for name, value in whole.items() if value is not None}
        return requests.post(f"{stripe.service.url}/v1/{path}", data=form, headers=usual | headers, timeout=20)

    return send


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"payment_method_types[0]": "card"}, "parameter_unknown", "payment_method_types"),
        ({"payment_intent_data[colour]": "red"}, "parameter_unknown", "payment_intent_data[colour]"),
        ({"line_items[0][price_data][tax]": "1"}, "parameter_unknown", "line_items[0][price_data][tax]"),
        ({"line_items[0][price_data][currency]": None}, "parameter_missing", "line_items[0][price_data][currency]"),
        ({"line_items[0][price_data][unit_amount]": "49.90"}, "parameter_invalid_integer", None),
        ({"line_items[0][price_data][unit_amount]": "49"}, "amount_too_small", None),
        ({"locale": "klingon"}, "parameter_invalid_value", None),
        ({"customer_email": ""}, "parameter_invalid_empty", None),
        ({"expires_at": str(int(datetime.now(UTC).timestamp()) + 60)}, None, "expires_at"),
    ],
)
def test_what_the_types_do_not_have_is_refused(post: Post, fields: dict[str, Any], code: str | None, param: str | None):
    reply = post(fields=fields)
    assert reply.status_code == 400
    error = reply.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert code in (None, error.get("code"))
    assert param in (None, error["param"])


def test_a_key_is_answered_once_and_for_one_request(post: Post):
    assert post(key="once", fields={"locale": "klingon"}).status_code == 400  # not kept: nothing was begun
    first, again = post(key="once"), post(key="once")
    assert (first.status_code, again.json()) == (200, first.json())
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    other = post(key="once", fields={"locale": "it"})
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")


def test_a_key_is_in_use_until_its_first_request_is_answered(tmp_path: Path):
    store = Store(tmp_path / "stripe.sqlite3")
    api, statuses = Api(store, Settings()), []

    def ask() -> None:
        form = EnvironBuilder("/v1/customers", method="POST", data={"name": "A"}, headers={"Idempotency-Key": "k"})
        statuses.append(api.answer("north:test", Request(form.get_environ())).status)

    first = threading.Thread(target=ask)
    with store.transaction():
        first.start()
        eventually(lambda: bool(api._under_way), bool)
        ask()
    first.join()
    ask()
    assert statuses == [409, 200, 200]


def test_accounts_modes_and_versions_are_kept_apart(post: Post):
    session = post().json()["id"]
    assert session.startswith("cs_test_")
    missing = post(f"checkout/sessions/{session}/expire", live=True)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "resource_missing")
    assert post(Authorization="Bearer sk_test_nobody").status_code == 401
    assert post(**{"Stripe-Version": "2020-08-27"}).status_code == 400
    assert post(f"checkout/sessions/{session}/expire").json()["status"] == "expired"


@pytest.mark.parametrize("fault", ["error_500_after", "redirect"])
def test_a_charge_that_stripe_made_without_saying_so_is_unknown_and_then_found(stripe: StripeStandIn, fault: str):
    request = stripe.request()
    stripe.disturb(**{fault: 1})
    with pytest.raises(OutcomeUnknown):
        stripe.provider.charge(stripe.account, request)
    stripe.disturb()
    assert stripe.look_up(request.attempt_id).redirect_url
    if fault == "error_500_after":  # Stripe keeps the 500 for the key: looking is the only way to the truth
        with pytest.raises(OutcomeUnknown):
            stripe.provider.charge(stripe.account, request)


@pytest.mark.parametrize("fault", ["rate_limit", "drop_before", "unauthorized"])
def test_a_charge_that_stripe_did_not_make_is_never_found(stripe: StripeStandIn, fault: str):
    request = stripe.request()
    stripe.disturb(**{fault: 1})
    with pytest.raises(ProviderRefused if fault == "unauthorized" else OutcomeUnknown) as refused:
        stripe.provider.charge(stripe.account, request)
    stripe.disturb()
    if isinstance(refused.value, ProviderRefused):
        assert refused.value.failure.kind is FailureKind.TECHNICAL
    assert stripe.provider.look_up(stripe.account, request.attempt_id) is None
    assert stripe.provider.charge(stripe.account, request).redirect_url


def test_both_secrets_prove_a_webhook_while_they_are_changed(stripe: StripeStandIn):
    old, new = f"whsec_{'o' * 30}", f"whsec_{'n' * 30}"
    stripe.service.control("endpoint", secrets=[old, new])
    stripe.paid()
    told = stripe.service.events()[-1]
    stripe.service.control("endpoint", secrets=None)
    assert told["headers"]["Stripe-Signature"].count("v1=") == 2
    for secrets in ({"webhook_secret": old}, {"webhook_secret": new, "previous_webhook_secret": "whsec_x"}):
        account = replace(stripe.account, secrets=secrets)
        event = stripe.provider.parse_webhook(account, told["headers"], told["body"].encode(), stripe.now())
        assert event.event_id == told["id"]


def test_periods_begin_on_the_day_that_is_meant(stripe: StripeStandIn):
    start = int(datetime(2027, 1, 31, 9, tzinfo=UTC).timestamp())
    days = [datetime.fromtimestamp(period_start(start, "month", 1, n), UTC) for n in range(4)]
    assert [(one.month, one.day) for one in days] == [(1, 31), (2, 28), (3, 31), (4, 30)]
    short = next_occurrence(start, {"day_of_month": 31, "hour": 9, "minute": 0, "second": 0})
    assert datetime.fromtimestamp(short, UTC) == datetime(2027, 2, 28, 9, tzinfo=UTC)
    assert datetime.fromtimestamp(period_start(short, "month", 1, 1, 31), UTC).day == 31
    assert datetime.fromtimestamp(period_start(short, "month", 1, 1), UTC).day == 28


def test_an_end_within_a_period_to_come_takes_only_a_part_of_it(stripe: StripeStandIn, post: Post):
    started = stripe.daily(-stripe.soon)
    at = int((stripe.now() + timedelta(hours=12)).timestamp())
    fields = {"cancel_at": str(at), "proration_behavior": "none"}
    assert post(f"subscriptions/{started.provider_reference}", fields=fields).status_code == 200
    stripe.pass_time(timedelta(hours=3))
    invoices = stripe.service.ledger()["invoice"]
    [mine] = [
        one for one in invoices if one["parent"]["subscription_details"]["subscription"] == started.provider_reference
    ]
    assert 480 <= mine["amount_paid"] <= 500
    stripe.disturb()
