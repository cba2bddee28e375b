"""Messages as the backoffice shows them: their state in a word, their recipient as far as one may know, their tries."""

from __future__ import annotations

import re

from admin import formats
from admin.roles import may
from admin.timeline import Event
from app.domain.messages import KINDS
from app.models import Message, MessageTry, utc_now
from app.services import message_sending

CARRIERS = {"smtp": "Mail server", "gateway": "SMS gateway", "mailbox": "Mailbox"}
TRIES = {
    message_sending.SENT: formats.Pill("Handed over", "good", "check"),
    message_sending.REFUSED: formats.Pill("Refused for good", "bad", "cross"),
    message_sending.FAILED: formats.Pill("Did not work", "warn", "warning"),
    message_sending.OVER: formats.Pill("No longer needed", "quiet", "circle"),
    message_sending.AGAIN: formats.Pill("Sent again", "wait", "back"),
}
LABELS = {key: kind.label for key, kind in KINDS.items()}


def state_of(message: Message) -> str:
    """Return the message's state: a key of formats.PILLS["message"]."""
    if message.sent_at is not None:
        return "kept" if message.delivered_by == "mailbox" else "sent"
    if message.given_up_at is not None:
        return "given_up"
    return "waiting" if message.next_try_at is None or message.next_try_at <= utc_now() else "later"


def label_of(key: str) -> str:
    """Return what a kind of message is called."""
    return LABELS.get(key, formats.words(key))


def shown_recipient(message: Message) -> str:
    """Return the address or number: whole for those who may see what customers are told, else only its ends."""
    if may("messages.view"):
        return message.recipient
    if message.channel == "sms":
        return f"{message.recipient[:3]}•••{message.recipient[-2:]}"
    return re.sub(r"^(.)[^@]*@(.).*?(\.[^.]*)?$", r"\1•••@\2•••\3", message.recipient)


def tries_of(message: Message) -> list[Event]:
    """Return the delivery log, newest first."""
    return [_event(each) for each in reversed(message.tries)]


def _event(each: MessageTry) -> Event:
    is_person = each.outcome == message_sending.AGAIN
    return Event(
        at=each.at,
        what="Asked for" if is_person else "Try",
        pill=TRIES.get(each.outcome) or formats.Pill(formats.words(each.outcome), "quiet", "circle"),
        who=formats.actor(each.detail) if is_person else "Junction",
        why="" if is_person else each.detail,
    )
