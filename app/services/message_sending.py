"""Sending messages: one try at a time, no transaction open, each try in the log; at least once, never silently lost."""

from __future__ import annotations

import random
import re
import threading
from datetime import timedelta
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import or_, select, update

from app.channels.carriers import carrier_of
from app.channels.interface import Channel, NotDelivered, NotSetUp, OutgoingMessage, Refused
from app.domain.messages import CHANNELS, EMAIL
from app.models import Message, MessageTry, db, utc_now
from app.services import jobs
from app.services.alerts import raise_alert
from app.services.errors import NotFound, Refusal
from app.services.message_facts import asks_in_vain
from app.services.message_html import html_of
from app.services.messages import SEND
from app.services.transaction import release, transaction

log = structlog.get_logger()

CLAIM = timedelta(seconds=45)  # longer than a channel may take; a killed worker's message is tried again after it
BACK_OFF = tuple(timedelta(minutes=each) for each in (1, 5, 30, 120, 360, 720))  # with a tenth of jitter
AT_ONCE = 3  # sendings by one channel in a process: a server that is slow holds up neither the other one nor webhooks
PATIENCE = 1.0  # seconds to wait for one of them to end
SOON = timedelta(seconds=5)
_SLOTS = {channel: threading.BoundedSemaphore(AT_ONCE) for channel in CHANNELS}
NOT_SENT = "messages_not_sent"
AGAIN, SENT, REFUSED, FAILED, OVER = "again", "sent", "refused", "failed", "over"


class MessageForgotten(Refusal):
    """Its words were deleted, as those of all old messages are."""

    code = "message_forgotten"

    @property
    def message(self) -> str:
        return "The text of this message was deleted because it is old. It cannot be sent again."


def send(message_id: str) -> None:
    """Hand a message over; one that was sent or given up is left alone. Raises jobs.NotYet until it has an end."""
    channel = db.session.scalar(select(Message.channel).where(Message.id == message_id))
    release()
    if channel is None:
        return
    if not _SLOTS[channel].acquire(timeout=PATIENCE):
        raise jobs.NotYet(utc_now() + SOON)
    try:
        _send(message_id)
    finally:
        _SLOTS[channel].release()


def _send(message_id: str) -> None:
    message = _claim(message_id)
    if message is None:
        return
    if asks_in_vain(message):
        reason = "What it asks for was paid since, or can no longer be paid."
        _end(message_id, OVER, reason, given_up_at=utc_now(), next_try_at=None)
        return
    outgoing, channel, carrier = _outgoing(message), message.channel, _carrier(message.channel)
    release()
    try:
        reference = carrier.send(outgoing)
    except Refused as refused:
        _end(message_id, REFUSED, refused.reason, given_up_at=utc_now(), next_try_at=None)
    except NotDelivered as failure:
        _try_later(message_id, channel, failure)
    else:
        sent = {"delivered_by": carrier.name, "provider_reference": reference[:255]}
        _end(message_id, SENT, "", sent_at=utc_now(), given_up_at=None, next_try_at=None, **sent)


def send_again(message_id: str, *, actor: str) -> None:
    """Send a message once more: at once, with all its tries. Raises NotFound, MessageForgotten."""
    now = utc_now()
    with transaction():
        message = db.session.get(Message, message_id, with_for_update=True)
        if message is None:
            raise NotFound("message", message_id)
        if not message.body:
            raise MessageForgotten
        if message.sent_at is not None or message.given_up_at is not None:
            message.sent_at = message.given_up_at = message.next_try_at = None
        elif message.next_try_at is not None and message.next_try_at > now + CLAIM:
            message.next_try_at = now
        else:
            jobs.enqueue(SEND, message_id)  # it is being sent just now, unless its job got stuck
            return
        db.session.add(MessageTry(message_id=message_id, outcome=AGAIN, detail=actor))
        jobs.bring_forward(SEND, message_id)


def _claim(message_id: str) -> Message | None:
    """Return the message, ours to send until CLAIM has passed; None when it has its end already."""
    now = utc_now()
    with transaction():
        is_due = or_(Message.next_try_at.is_(None), Message.next_try_at <= now)
        claimed = update(Message).where(
            Message.id == message_id, Message.sent_at.is_(None), Message.given_up_at.is_(None), is_due
        )
        claimed = claimed.values(next_try_at=now + CLAIM).execution_options(synchronize_session=False)
        is_ours = db.session.execute(claimed.returning(Message.id)).first() is not None
    message = db.session.get(Message, message_id)
    if message is None or message.sent_at is not None or message.given_up_at is not None:
        return None
    if not is_ours:
        raise jobs.NotYet(message.next_try_at or now + CLAIM)
    return message


def _outgoing(message: Message) -> OutgoingMessage:
    if message.channel != EMAIL:
        return OutgoingMessage(message.id, message.recipient, message.body)
    theme = current_app.config["JUNCTION"].theme
    html = html_of(message.title, message.body, message.action, theme=theme, language=message.language)
    return OutgoingMessage(message.id, message.recipient, message.body, message.title, html)


def _carrier(channel: str) -> Channel:
    config = current_app.config["JUNCTION"]
    return carrier_of(channel, config.channels, merchant=config.theme.name, production=config.is_production)


def _try_later(message_id: str, channel: str, failure: NotDelivered) -> None:
    """Log the try; put the message off by the schedule, or give it up when the schedule is over."""
    with transaction():
        again = select(MessageTry.id).where(MessageTry.message_id == message_id, MessageTry.outcome == AGAIN)
        since = db.session.scalar(again.order_by(MessageTry.id.desc()).limit(1)) or 0
        query = select(MessageTry.id).where(MessageTry.message_id == message_id, MessageTry.id > since)
        failed = len(db.session.scalars(query).all())
        is_over = failed >= len(BACK_OFF)
        if is_over or isinstance(failure, NotSetUp):
            words = CHANNELS[channel].lower()
            fate = "Some were given up." if is_over else "They are tried again for a day, then given up."
            raise_alert(NOT_SENT, channel, f"Messages by {words} do not leave. {fate} {_private(failure.reason)}")
    if is_over:
        _end(message_id, FAILED, failure.reason, given_up_at=utc_now(), next_try_at=None)
        return
    due = utc_now() + BACK_OFF[failed] * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, guards nothing
    _end(message_id, FAILED, failure.reason, next_try_at=due)
    raise jobs.NotYet(due)


def _end(message_id: str, outcome: str, detail: str, **columns: Any) -> None:
    """Log how a try ended, and set `columns` of its message unless another one has reached its recipient."""
    with transaction():
        db.session.add(MessageTry(message_id=message_id, outcome=outcome, detail=_private(detail)))
        ended = update(Message).where(Message.id == message_id, Message.sent_at.is_(None)).values(**columns)
        db.session.execute(ended.execution_options(synchronize_session=False))
    log.info("message_tried", message=message_id, outcome=outcome)


def _private(detail: str) -> str:
    """Return what a server said, without the addresses and numbers that it likes to repeat."""
    without = re.sub(r"[^\s<>\"'(]+@[^\s<>\"'),;]+", "[address]", detail)
    return re.sub(r"\+?\d[\d ]{6,}\d", "[number]", without)
