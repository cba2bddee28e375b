"""Messages: one for each event and recipient, in the recipient's language, about what they need to know."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.message_texts import sms_size
from app.domain.statuses import AttemptStatus, PaymentStatus
from app.models import Event, Job, Message, Payment, db, utc_now
from app.services import message_wording, messages
from app.services.errors import FieldsRefused
from app.services.link_addresses import id_of
from app.services.message_wording import WordingChanged
from app.services.transaction import transaction
from tests.support.hub import ADMIN_EMAIL
from tests.support.messages import ADA, a_paid_payment, told, written
from tests.support.rows import (
    attempt_row,
    link_row,
    payment_row,
    refund_row,
    renewal_row,
    session_row,
    subscription_row,
)
from tests.support.threads import together

pytestmark = pytest.mark.usefixtures("app_context")
only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])


def test_one_event_handled_by_many_at_once_is_one_message(app: Flask) -> None:
    event_id = told("payment.paid", a_paid_payment()).id
    db.session.remove()

    def handle() -> None:
        with app.app_context():
            for _ in range(5):
                messages.write_for(db.session.get_one(Event, event_id))

    assert together(4, handle) == [None] * 4
    message = db.session.scalars(select(Message).where(Message.event_id == event_id)).one()
    asked = select(Job).where(Job.kind == messages.SEND, Job.subject_id == message.id)
    assert len(db.session.scalars(asked).all()) == 1


@only_sqlite
@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("it", ("Il tuo pagamento di 129,90\xa0€ a Aurora Shop", "Bonifico")),
        ("de-AT", ("Ihre Zahlung über €\xa0129,90 an Aurora Shop", "Überweisung")),
        ("fr", ("Your payment of €129.90 to Aurora Shop", "Bank transfer")),
        ("nonsense", ("Your payment of €129.90 to Aurora Shop", "Bank transfer")),
    ],
)
def test_a_message_speaks_the_customers_language(locale: str, expected: tuple[str, str]) -> None:
    (message,) = written("payment.paid", a_paid_payment(locale))
    assert message.title == expected[0]
    assert expected[1] in message.body
    assert "order-1001" in message.body


@only_sqlite
def test_nobody_is_told_who_gave_no_address() -> None:
    assert written("payment.paid", a_paid_payment(email="")) == []
    assert written("payment.expired", a_paid_payment()) == []


@only_sqlite
def test_a_failure_is_told_once_and_only_when_the_customer_has_given_up() -> None:
    def fail(**columns: Any) -> Payment:
        with transaction():
            return payment_row(session_row(customer=ADA, locale="en"), **({"status": PaymentStatus.FAILED} | columns))

    given_up = fail()
    first = told("payment.failed", given_up)
    second = told("payment.failed", given_up)
    messages.write_for(first)
    waiting = db.session.scalars(select(Job).where(Job.kind == messages.TELL_FAILURE)).one()
    assert waiting.due_at == first.created_at + timedelta(minutes=15)
    for event in (first, second, second):
        messages.tell_of_failure(event.id)
    (message,) = db.session.scalars(select(Message))
    assert message.event_id == second.id
    assert f"http://localhost/checkout/{given_up.session_id}" == message.action

    paid = fail(status=PaymentStatus.PAID)
    trying = fail()
    with transaction():
        attempt_row(trying, status=AttemptStatus.UNKNOWN)
        renewal = renewal_row()
        renewed = payment_row(renewal.session, status=PaymentStatus.FAILED)
    assert [written("payment.failed", each) for each in (paid, trying, renewed)] == [[], [], []]


@only_sqlite
def test_a_refund_is_told_to_the_customer_and_to_whoever_asked_for_it() -> None:
    with transaction():
        refund = refund_row(
            payment_row(session_row(customer=ADA), status=PaymentStatus.PAID), requested_by=f"user:{ADMIN_EMAIL}"
        )
    made = written("refund.succeeded", refund)
    assert {message.recipient: message.kind for message in made} == {
        "ada@example.com": "refund.succeeded",
        ADMIN_EMAIL: "refund.succeeded_for_requester",
    }
    (failed,) = written("refund.failed", refund)
    assert (failed.recipient, failed.language) == (ADMIN_EMAIL, "en")
    assert failed.action == f"http://localhost/admin/payments/{refund.payment_id}"
    with transaction():
        by_somebody_else = refund_row(requested_by="user:gone@example.com")
    assert written("refund.failed", by_somebody_else) == []


@only_sqlite
def test_a_payment_link_goes_where_it_was_asked_to_go() -> None:
    with transaction():
        link = link_row(email="ada@example.com", phone="+393331234567", locale="de", reference="x" * 100)
    email, sms = written("payment_link.sent", link)
    assert (email.recipient, sms.recipient) == ("ada@example.com", "+393331234567")
    assert email.action == sms.action
    assert sms.body.endswith(sms.action), "the address must be whole, whatever else is cut"
    assert id_of(sms.action.rsplit("/", 1)[1]) == link.id
    assert sms_size(sms.body).encoding == "GSM-7"
    assert len(written("payment_link.reminded", link)) == 2


@only_sqlite
def test_nobody_is_asked_to_pay_by_a_link_that_is_over() -> None:
    with transaction():
        paid = link_row(email="ada@example.com", status="completed", paid_count=1)
        late = link_row(email="ada@example.com", expires_at=utc_now() - timedelta(seconds=1))
        renewal = renewal_row()
        dead = link_row(renewal_id=renewal.id, email="ada@example.com", expires_at=utc_now() - timedelta(seconds=1))
    assert [written("payment_link.reminded", link) for link in (paid, late)] == [[], []]
    (failed,) = written("subscription.renewal_failed", renewal, link_id=dead.id)
    assert failed.action == ""


@only_sqlite
def test_a_customer_who_is_the_colleague_too_is_told_both_things() -> None:
    payment = a_paid_payment(email=ADMIN_EMAIL)
    with transaction():
        refund = refund_row(payment, status="succeeded", ended_at=utc_now(), requested_by=f"user:{ADMIN_EMAIL}")
    told_to_one = written("refund.succeeded", refund)
    assert {message.kind for message in told_to_one} == {"refund.succeeded", "refund.succeeded_for_requester"}


@only_sqlite
@pytest.mark.parametrize(
    ("key", "channel", "body"),
    [
        ("payment_link.sent", "sms", "Hi {{ name }}, pay here: {{ link }}"),
        ("payment.paid", "email", "Thank you, {{ name }}!"),
        ("payment_link.sent", "sms", "\x07{{ link }}"),
    ],
)
def test_a_wording_that_would_lose_what_matters_is_refused(key: str, channel: str, body: str) -> None:
    with pytest.raises(FieldsRefused) as refused:
        message_wording.save(key, channel, "en", title="Hello", body=body, enabled=True, revision=0, user="x")
    assert set(refused.value.errors) == {"body"}


@only_sqlite
def test_each_event_of_a_subscription_is_told_with_its_date() -> None:
    with transaction():
        subscription = subscription_row(customer=ADA, locale="en-GB", next_due_at=utc_now() + timedelta(days=30))
        renewal = renewal_row(subscription, next_try_at=utc_now() + timedelta(days=3))
    day = re.compile(r"\d{1,2} \w+ 20\d\d")
    (started,) = written("subscription.started", subscription)
    assert "€129.90 every month" in started.body
    (failed,) = written("subscription.renewal_failed", subscription)
    assert len(day.findall(failed.body)) == 2
    assert failed.action == ""
    with transaction():
        link = link_row(renewal_id=renewal.id, email="ada@example.com")
    (failed,) = written("subscription.renewal_failed", renewal, link_id=link.id)
    assert written("subscription.renewal_failed", subscription)[0].action == failed.action, (
        "the link is found by itself"
    )
    assert id_of(failed.action.rsplit("/", 1)[1]) == link.id
    with transaction():
        subscription.cancel_at = subscription.next_due_at
    for kind in ("cancellation_scheduled", "ending_soon"):
        (message,) = written(f"subscription.{kind}", subscription)
        assert day.search(message.body)
    for kind in ("cancelled", "expired", "aborted"):
        assert len(written(f"subscription.{kind}", subscription)) == 1


def test_an_operators_wording_takes_the_place_of_the_hubs(app: Flask) -> None:
    place = ("payment.paid", "email", "it")
    words = {"title": "Grazie", "body": "Ciao {{ name }}\n{{ amount }}"}
    message_wording.save(*place, **words, enabled=True, revision=0, user="anna@example.com")
    with pytest.raises(WordingChanged):
        message_wording.save(*place, **words, enabled=True, revision=0, user="bert@example.com")
    (message,) = written("payment.paid", a_paid_payment())
    assert (message.title, message.body) == ("Grazie", "Ciao Ada Rossi\n129,90\xa0€")
    message_wording.save(*place, **words, enabled=False, revision=1, user="anna@example.com")
    assert written("payment.paid", a_paid_payment()) == []
    with pytest.raises(WordingChanged):
        message_wording.go_back(*place, revision=1)
    message_wording.go_back(*place, revision=2)
    assert len(written("payment.paid", a_paid_payment())) == 1
    with pytest.raises(FieldsRefused) as refused:
        message_wording.save(
            "payment_link.sent", "email", "it", title="a\nb", body="No link", enabled=True, revision=0, user="x"
        )
    assert set(refused.value.errors) == {"title", "body"}
