"""Messages on their way: handed over once, tried again by a schedule, given up in the open, private all the while."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
import structlog
import time_machine
from flask import Flask
from sqlalchemy import select, update

from app.channels.settings import ChannelSettings, SmsSettings
from app.domain.statuses import PaymentStatus
from app.models import Job, Message, MessageTry, PaymentLink, db, utc_now
from app.services import jobs, message_sending, messages, work
from app.services.link_addresses import url_of
from app.services.message_sending import MessageForgotten
from app.services.transaction import transaction
from tests.support.flow import alerts
from tests.support.mail import DROP, MailServer
from tests.support.messages import ADA, a_paid_payment, told, written
from tests.support.receiver import Receiver, replying
from tests.support.rows import (
    link_row,
    payment_row,
    session_row,
)
from tests.support.threads import together

pytestmark = pytest.mark.usefixtures("app_context")
PostBy = Callable[[MailServer], None]
only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])
HISTORY = ["failed"] * 7 + ["again", "sent"]
HOSTILE = [
    "<script>alert(1)</script>",
    "Ada\r\nBcc: eve@example.com",
    "{{ amount }}",
    "x" * 10_000,
    "visit evil.example",
]


@pytest.fixture
def configure(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the hub have other settings for the rest of the test."""
    return lambda **changes: monkeypatch.setitem(app.config, "JUNCTION", replace(app.config["JUNCTION"], **changes))


@pytest.fixture
def post_by(configure: Callable[..., None]) -> PostBy:
    """Let the hub hand its e-mails to this server."""
    return lambda server: configure(channels=ChannelSettings("hello@shop.example", server.settings))


@pytest.fixture
def log(app: Flask) -> Iterator[io.StringIO]:
    """Whatever the hub writes to its log, as it is written."""
    before, said = structlog.get_config(), io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(said))
    yield said
    structlog.configure(**before)


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
def test_a_link_that_was_paid_while_its_message_waited_is_not_sent(post_by: PostBy) -> None:
    with transaction():
        link = link_row(email="ada@example.com")
    (message,) = written("payment_link.sent", link)
    with transaction():
        db.session.execute(update(PaymentLink).values(status="completed", paid_count=1))
    with MailServer() as server:
        post_by(server)
        message_sending.send(message.id)
    assert server.taken == []
    stored = db.session.get_one(Message, message.id)
    assert ([each.outcome for each in stored.tries], stored.next_try_at) == (["over"], None)
    assert stored.given_up_at is not None


@only_sqlite
def test_a_message_whose_job_got_stuck_is_sent_when_a_person_asks() -> None:
    (message,) = written("payment.paid", a_paid_payment())
    with transaction():
        db.session.execute(update(Job).where(Job.kind == messages.SEND).values(quarantined_at=utc_now()))
    message_sending.send_again(message.id, actor="user:anna@example.com")
    waiting = select(Job.subject_id).where(Job.kind == messages.SEND, Job.quarantined_at.is_(None))
    assert db.session.scalars(waiting).all() == [message.id]


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
