"""Messages: written once for an event, each channel and recipient, in the transaction that asks for their sending."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import select, text, update

from app.domain.ids import new_id
from app.domain.message_texts import filled, filled_line, for_sms, plain
from app.domain.messages import EMAIL, SMS
from app.domain.statuses import PaymentStatus
from app.models import Event, Message, Payment, db, utc_now
from app.services import jobs
from app.services.inserts import insert_once
from app.services.message_facts import Letter, letters_of
from app.services.message_wording import Wording, current
from app.services.sessions import live_attempt
from app.services.transaction import transaction

SEND, TELL_FAILURE = "send_message", "tell_of_failure"
FAILED = "payment.failed"
QUIET = timedelta(minutes=15)  # a customer who tries again meanwhile need not be told that the first try failed
KEPT = timedelta(days=90)
MOST_OF_A_VALUE = {EMAIL: 200, SMS: 40}


class Written(NamedTuple):
    """A message's words: `action` is where its button leads, empty where it has none."""

    title: str
    body: str
    action: str


def write_for(event: Event) -> None:
    """Write what `event` has to say to whom, and ask for it to be sent; being asked again changes nothing."""
    if event.kind == FAILED:
        with transaction():
            jobs.enqueue(TELL_FAILURE, event.id, due_at=event.created_at + QUIET)
        return
    _write(event)


def tell_of_failure(event_id: str) -> None:
    """Write about a payment that failed a while ago, unless the customer went on: paid, or is trying again."""
    event = db.session.get_one(Event, event_id)
    payment = db.session.get_one(Payment, event.subject_id)
    latest = select(Event.id).where(Event.subject_id == payment.id, Event.kind == FAILED)
    is_latest = db.session.scalar(latest.order_by(Event.created_at.desc(), Event.id.desc()).limit(1)) == event.id
    renewal = payment.session.renewal
    has_its_own = renewal is not None and renewal.number > 1  # a renewal that fails is told of as such
    is_over = payment.status in (PaymentStatus.FAILED, PaymentStatus.EXPIRED)
    if is_latest and is_over and not has_its_own and live_attempt(payment.session_id) is None:
        _write(event)


def words_of(wording: Wording, channel: str, values: dict[str, str]) -> Written:
    """Return a wording with its values; whatever they hold, they add no line, no paragraph and no placeholder."""
    most = MOST_OF_A_VALUE[channel]
    safe = {name: value if name == "link" else plain(value, most) for name, value in values.items()}
    body = filled(wording.body, safe)
    link = safe.get("link", "")
    body = for_sms(body) if channel == SMS else body[:1].upper() + body[1:]  # without a greeting, "your" begins it
    return Written(filled_line(wording.title, safe), body, link if link and link in body else "")


def forget_old(limit: int = 500) -> None:
    """Delete the words of messages that are older than KEPT; that they were sent stays known."""
    old = select(Message.id).where(text("body <> ''"), Message.created_at < utc_now() - KEPT).limit(limit)
    with transaction():
        forgotten = update(Message).where(Message.id.in_(old.scalar_subquery()))
        db.session.execute(forgotten.values(title="", body="", action="").execution_options(synchronize_session=False))


def _write(event: Event) -> None:
    with transaction():
        for letter in letters_of(event):
            _add(event, letter)


def _add(event: Event, letter: Letter) -> None:
    wording = current(letter.kind.key, letter.channel, letter.language)
    if not wording.enabled:
        return
    words = words_of(wording, letter.channel, letter.values)
    message_id = new_id("msg")
    row = {
        "id": message_id,
        "event_id": event.id,
        "kind": letter.kind.key,
        "subject_id": event.subject_id,
        "channel": letter.channel,
        "language": letter.language,
        "recipient": letter.recipient,
        "created_at": utc_now(),
        **words._asdict(),
    }
    if insert_once(Message, row, unique=["event_id", "kind", "channel", "recipient"]):
        jobs.enqueue(SEND, message_id)
