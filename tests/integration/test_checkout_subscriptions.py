"""What customers read about a subscription, in three languages: what they agree to, what they pay for, when it ends."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import CheckoutSession, Subscription, db
from app.services import renewal_charging, subscriptions
from app.services.sessions import get_session
from tests.support.customer import words_of
from tests.support.sandbox import SandboxService
from tests.support.subscribing import checkout, fresh, renewals_of, subscribed, turn_at

NOW = datetime(2027, 1, 31, 9, tzinfo=UTC)


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """The words are the same on both kinds."""
    return str(request.param)


def page_of(app: Flask, locale: str, **wanted: object) -> str:
    """The words of the page of a first payment of 9.90 EUR, opened on 31 January 2027."""
    with app.app_context(), time_machine.travel(NOW, tick=False):
        new = subscriptions.NewSubscription(**wanted)  # type: ignore[arg-type]  # each case names its fields
        session = subscriptions.create(new, checkout(locale=locale), actor="tester")
        return words_of(app.test_client().get(f"/checkout/{session.id}"))


@pytest.mark.parametrize(
    ("locale", "wanted", "says"),
    [
        (
            "en-GB",
            {"interval_unit": "month"},
            [
                "€9.90 every month",
                "first time today, and next on 28 February 2027",
                "It goes on until you cancel.",
                "collects the payments to come in the way I pay now, without asking me each time",
                "Subscribe and pay €9.90",
            ],
        ),
        (
            "it",
            {"interval_unit": "week", "interval_count": 2, "total_payments": 12},
            [
                "9,90 € ogni 2 settimane",
                "il prossimo il 14 febbraio 2027",
                "12 pagamenti in tutto.",
                "senza chiedermelo ogni volta",
                "Abbonati e paga 9,90 €",
            ],
        ),
        (
            "de",
            {"interval_unit": "year", "ends_on": date(2030, 6, 1)},
            [
                "9,90 € jedes Jahr",
                "die nächste am 31. Januar 2028",
                "nach dem 1. Juni 2030 erfolgt keine Zahlung mehr",
                "ohne mich jedes Mal zu fragen",
                "Abonnieren und 9,90 € zahlen",
            ],
        ),
        ("de-CH", {"interval_unit": "day", "interval_count": 3}, ["alle 3 Tage", "Es läuft, bis Sie kündigen."]),
    ],
)
def test_what_is_agreed_is_said_before_it_is_paid(
    app: Flask, locale: str, wanted: dict[str, object], says: list[str]
) -> None:
    page = page_of(app, locale, **wanted).replace("\u00a0", " ")
    for sentence in says:
        assert sentence in page


def test_one_payment_alone_asks_for_no_consent_to_more(app: Flask) -> None:
    page = page_of(app, "en", interval_unit="month", total_payments=1)
    assert "No further payment is made. One payment in all." in page
    assert "I agree that" not in page


def test_the_page_follows_the_subscription_from_the_first_payment_to_its_end(
    app: Flask, client: FlaskClient, sandbox: SandboxService
) -> None:
    with app.app_context(), time_machine.travel(NOW) as clock:
        subscription = subscribed(sandbox)
        first = f"/checkout/{renewals_of(subscription.id)[0].session_id}"
        words = words_of(client.get(first))
        assert "Payment received" in words
        assert "The next payment is made on February 28, 2027." in words
        assert f"write to Aurora Shop and name {subscription.reference}" in words
        assert "nothing more will be charged" not in words
        for account in ("north", "south"):
            sandbox.faults(account, decline_tokens_hard=1)
        turn_at(clock, subscription.next_due_at)
        renewal = renewals_of(subscription.id)[1]
        assert renewal_charging.ask_by_link(renewal.id, actor="tester").renewal_id == renewal.id
        words = words_of(client.get(f"/checkout/{renewal.session_id}"))
        assert "This payment is for February 28, 2027 to March 30, 2027." in words
        assert "Pay €9.90" in words
        assert "Subscribe" not in words
        subscriptions.request_cancellation(subscription.id, actor="tester")
        assert "it ends on March 31, 2027, and nothing is charged from then on" in words_of(client.get(first))
        assert "It goes on until you cancel" not in words_of(client.get(first))
        assert fresh(subscription.id).cancel_at is not None


def test_the_shop_sells_a_subscription_to_the_customer_of_the_cart(app: Flask, client: FlaskClient) -> None:
    form = {
        "country": "DE",
        "lang": "de",
        "currency": "CHF",
        "every": "quarter",
        "parcels": "3",
        "charged_by": "manual",
    }
    reply = client.post("/shop/subscribe", data=form | {"member": "mira@example.com"})
    assert reply.status_code == 303
    with app.app_context():
        subscription = db.session.scalars(select(Subscription)).one()
        session = get_session(reply.location.rpartition("/")[2])
        assert (session.flow, session.amount, session.subscription_id) == ("subscription", 2650, subscription.id)
        agreed = ("interval_unit", "interval_count", "total_payments", "collection", "currency", "customer_email")
        assert [getattr(subscription, name) for name in agreed] == [
            "month",
            3,
            3,
            "manual",
            "CHF",
            "mira@example.com",
        ]
        back = session.failure_url
    page = client.get(back.removeprefix("http://localhost"))
    assert 'value="quarter" selected' in page.text
    assert 'value="mira@example.com"' in page.text


@pytest.mark.parametrize("member", ["", "mira", "mira@", "x" * 300, "a b@example.com"])
def test_a_member_without_an_address_is_asked_for_it(app: Flask, client: FlaskClient, member: str) -> None:
    reply = client.post("/shop/subscribe", data={"country": "IT", "lang": "en", "member": member})
    assert reply.status_code == 422
    assert 'href="#member"' in reply.text
    assert 'id="member-problem"' in reply.text
    with app.app_context():
        assert db.session.scalar(select(CheckoutSession.id)) is None
