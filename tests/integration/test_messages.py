"""Messages: one for each event and recipient, in the recipient's language, sent until it arrives or is given up."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
import structlog
import time_machine
from flask import Flask
from sqlalchemy import select, update

from app.channels.settings import ChannelSettings, SmsSettings
from app.domain.message_texts import sms_size
from app.domain.statuses import AttemptStatus, PaymentStatus
from app.models import Event, Job, Message, MessageTry, Payment, db, utc_now
from app.services import events, jobs, message_sending, message_wording, messages, work
from app.services.errors import FieldsRefused
from app.services.link_addresses import id_of, url_of
from app.services.message_sending import MessageForgotten
from app.services.message_wording import WordingChanged
from app.services.transaction import transaction
from tests.support.flow import alerts
from tests.support.hub import ADMIN_EMAIL
from tests.support.mail import DROP, MailServer
from tests.support.receiver import Receiver, replying
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
ADA = {"email": "ada@example.com", "name": "Ada Rossi"}
PostBy = Callable[[MailServer], None]
only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.fixture
def configure(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the hub have other settings for the rest of the test."""
    return lambda **changes: monkeypatch.setitem(app.config, "JUNCTION", replace(app.config["JUNCTION"], **changes))


@pytest.fixture
def post_by(configure: Callable[..., None]) -> PostBy:
    """Let the hub hand its e-mails to this server."""
    return lambda server: configure(channels=ChannelSettings("hello@shop.example", server.settings))


def told(kind: str, subject: Any, **data: Any) -> Event:
    """An event of `kind` about `subject`, stored; its job is left out, so that the test hands it over itself."""
    with transaction():
        event = events.tell(kind, subject)
        event.data = event.data | data
    return event


def written(kind: str, subject: Any, **data: Any) -> list[Message]:
    """The messages that such an event makes."""
    event = told(kind, subject, **data)
    messages.write_for(event)
    if kind == "payment.failed":
        messages.tell_of_failure(event.id)
    db.session.rollback()
    return list(db.session.scalars(select(Message).where(Message.event_id == event.id).order_by(Message.channel)))


def a_paid_payment(locale: str = "it", **customer: str) -> Payment:
    with transaction():
        session = session_row(locale=locale, customer=ADA | customer)
        return payment_row(session, status=PaymentStatus.PAID, method="bank_transfer", paid_at=utc_now())


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


def test_one_message_is_handed_over_once_however_many_send_it(app: Flask, post_by: PostBy) -> None:
    (message,) = written("payment.paid", a_paid_payment())
    message_id = message.id
    with MailServer() as server:
        post_by(server)
        db.session.remove()

        def send() -> None:
            with app.app_context():
                message_sending.send(message_id)

        results = together(4, send)
    assert len(server.taken) == 1
    assert all(result is None or isinstance(result, jobs.NotYet) for result in results)
    stored = db.session.get_one(Message, message_id)
    assert (stored.delivered_by, stored.next_try_at) == ("smtp", None)
    assert stored.sent_at is not None
    message_sending.send(message_id)
    assert len(server.taken) == 1


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


HISTORY = ["failed"] * 7 + ["again", "sent"]
HOSTILE = [
    "<script>alert(1)</script>",
    "Ada\r\nBcc: eve@example.com",
    "{{ amount }}",
    "x" * 10_000,
    "visit evil.example",
]


@only_sqlite
@pytest.mark.parametrize("value", HOSTILE, ids=["script", "header", "placeholder", "long", "address"])
def test_what_customers_type_adds_nothing_to_a_message(post_by: PostBy, value: str) -> None:
    with transaction():
        session = session_row(locale="en", customer=ADA | {"name": value}, reference=value[:100])
        payment = payment_row(session, status=PaymentStatus.PAID, paid_at=utc_now())
    (message,) = written("payment.paid", payment)
    assert "\n" not in message.title
    assert "evil.example" not in message.body.split("Reference:")[0]
    assert len(message.body) < 1500
    with MailServer() as server:
        post_by(server)
        message_sending.send(message.id)
    (mail,) = server.mails
    assert mail["Bcc"] is None
    assert server.taken[0].rcpt_tos == ["ada@example.com"]
    assert "<script" not in mail.get_body(("html",)).get_content()


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


def test_a_message_is_tried_again_by_its_schedule_then_given_up(post_by: PostBy, log: io.StringIO) -> None:
    (message,) = written("payment.paid", a_paid_payment())
    message_id = message.id
    refusal = "451 4.7.1 <ada@example.com> come back later, +393331234567"
    with MailServer(answers=[refusal] * 7) as server, time_machine.travel(utc_now(), tick=False) as clock:
        post_by(server)
        waits = []
        for _ in range(6):
            with pytest.raises(jobs.NotYet) as later:
                message_sending.send(message_id)
            waits.append((later.value.due_at - utc_now()).total_seconds() / 60)
            with pytest.raises(jobs.NotYet):
                message_sending.send(message_id)  # too early: nothing is sent
            clock.move_to(later.value.due_at)
        assert waits == pytest.approx([1, 5, 30, 120, 360, 720], rel=0.11)
        message_sending.send(message_id)
        stored = db.session.get_one(Message, message_id)
        assert stored.given_up_at is not None
        assert len(alerts(message_sending.NOT_SENT)) == 1
        message_sending.send(message_id)
        assert server.answers == []
        message_sending.send_again(message_id, actor="user:anna@example.com")
        message_sending.send(message_id)
        db.session.refresh(stored)
        assert (stored.sent_at is not None, stored.given_up_at) == (True, None)
        tries = db.session.scalars(select(MessageTry).where(MessageTry.message_id == message_id)).all()
        assert [each.outcome for each in sorted(tries, key=lambda each: each.id)] == ["failed"] * 7 + [
            "again",
            "sent",
        ]
        assert not any("ada@" in each.detail or "33312" in each.detail for each in tries)
    assert len(server.taken) == 1
    assert "message_tried" in log.getvalue()
    assert "ada@" not in log.getvalue()


@only_sqlite
def test_a_reply_that_is_lost_is_asked_for_again_under_the_same_id(post_by: PostBy) -> None:
    (message,) = written("payment.paid", a_paid_payment())
    with MailServer(data_answers=[DROP]) as server:
        post_by(server)
        with pytest.raises(jobs.NotYet) as later:
            message_sending.send(message.id)
        with time_machine.travel(later.value.due_at, tick=False):
            message_sending.send(message.id)
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"] == f"<{message.id}@shop.example>"


@only_sqlite
def test_a_link_by_text_message_reaches_the_gateway(configure: Callable[..., None]) -> None:
    with transaction():
        link = link_row(phone="+393331234567", locale="it")
    (message,) = written("payment_link.sent", link)
    with Receiver([replying(500), replying(201, '{"sid": "SM1"}')]) as gateway:
        sms = SmsSettings(gateway.url.removesuffix("/hook"), "AC1", "token", "+390612345678")
        configure(channels=ChannelSettings(sms=sms))
        with pytest.raises(jobs.NotYet) as later:
            message_sending.send(message.id)
        with time_machine.travel(later.value.due_at, tick=False):
            message_sending.send(message.id)
    stored = db.session.get_one(Message, message.id)
    assert (stored.delivered_by, stored.provider_reference) == ("gateway", "SM1")
    (body,) = parse_qs(gateway.received[1].body.decode())["Body"]
    assert body.endswith(url_of(link))


@only_sqlite
def test_a_recipient_who_is_refused_is_not_tried_again(post_by: PostBy) -> None:
    (message,) = written("payment.paid", a_paid_payment())
    with MailServer(answers=["550 no such person"]) as server:
        post_by(server)
        message_sending.send(message.id)
        assert db.session.get_one(Message, message.id).given_up_at is not None
        assert alerts(message_sending.NOT_SENT) == []


@only_sqlite
def test_without_a_server_a_trial_keeps_messages_and_production_says_so(configure: Callable[..., None]) -> None:
    (message,) = written("payment.paid", a_paid_payment())
    configure(environment="production")
    with pytest.raises(jobs.NotYet):
        message_sending.send(message.id)
    (alert,) = alerts(message_sending.NOT_SENT)
    assert "SMTP_URL is not set" in alert.message
    configure(environment="test")
    with transaction():
        db.session.execute(update(Message).values(next_try_at=None))
    message_sending.send(message.id)
    db.session.refresh(message)
    assert message.delivered_by == "mailbox"


def test_from_a_move_to_the_mailbox(app: Flask) -> None:
    """The whole way, as the relay and the worker go it."""
    told("payment.paid", a_paid_payment())
    for _ in range(2):
        due = db.session.scalars(select(Job.id).where(Job.done_at.is_(None))).all()
        db.session.rollback()
        for job_id in due:
            work.run_job(job_id)
    message = db.session.scalars(select(Message)).one()
    assert message.delivered_by == "mailbox"
    assert [each.outcome for each in message.tries] == ["sent"]


def test_an_operators_wording_takes_the_place_of_the_hubs(app: Flask) -> None:
    place = ("payment.paid", "email", "it")
    words = {"title": "Grazie", "body": "Ciao {{ name }}: {{ amount }}"}
    message_wording.save(*place, **words, enabled=True, revision=0, user="anna@example.com")
    with pytest.raises(WordingChanged):
        message_wording.save(*place, **words, enabled=True, revision=0, user="bert@example.com")
    (message,) = written("payment.paid", a_paid_payment())
    assert (message.title, message.body) == ("Grazie", "Ciao Ada Rossi: 129,90\xa0€")
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


def test_old_messages_lose_their_words(app: Flask) -> None:
    old, new = written("payment.paid", a_paid_payment())[0].id, written("payment.paid", a_paid_payment())[0].id
    with transaction():
        long_ago = utc_now() - timedelta(days=91)
        db.session.execute(update(Message).where(Message.id == old).values(created_at=long_ago, sent_at=long_ago))
    messages.forget_old()
    assert db.session.get_one(Message, old).body == ""
    assert db.session.get_one(Message, new).body != ""
    with pytest.raises(MessageForgotten):
        message_sending.send_again(old, actor="user:anna@example.com")


@pytest.fixture
def log(app: Flask) -> Iterator[io.StringIO]:
    """Whatever the hub writes to its log, as it is written."""
    before, said = structlog.get_config(), io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(said))
    yield said
    structlog.configure(**before)
