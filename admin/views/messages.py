"""Messages: the log of what was sent to whom, each with its tries, and the mailbox of a trial."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_security import current_user
from sqlalchemy import select

from admin import filters, message_page
from admin.base import HubView, needs
from admin.keyset import count_up_to, page_of
from admin.subjects import url_of
from app.domain.ids import is_id
from app.domain.messages import CHANNELS
from app.models import Message, db
from app.services import message_sending
from app.services.errors import NotFound
from app.services.message_html import parts_of

LETTERS = 20  # on a page of the mailbox
MAILBOX = "mailbox"
_unsent = Message.sent_at.is_(None)
VIEWS = (
    filters.View("all", "All", counted=False),
    filters.View("waiting", "Waiting", lambda: _unsent & Message.given_up_at.is_(None)),
    filters.View("sent", "Sent", lambda: Message.sent_at.is_not(None), counted=False),
    filters.View("given_up", "Given up", lambda: _unsent & Message.given_up_at.is_not(None)),
)
BOXES = (
    filters.View("all", "All"),
    filters.View("email", "E-mails", lambda: Message.channel == "email"),
    filters.View("sms", "Text messages", lambda: Message.channel == "sms"),
)


def _filters() -> tuple[filters.Filter, ...]:
    return (
        filters.Choice("kind", "Message", message_page.LABELS, lambda value: Message.kind == value),
        filters.Choice("channel", "Channel", CHANNELS, lambda value: Message.channel == value),
        filters.Day("from", "From", Message.created_at),
        filters.Day("until", "Until", Message.created_at, until=True),
        filters.Linked("subject", "About", lambda value: Message.subject_id == value, _known_id),
    )


class MessagesView(HubView):
    permission = "payments.view"  # that something was sent; the words and addresses need messages.view

    @expose("/")
    def index(self) -> str:
        known = _filters()
        asked = filters.read(request.args, VIEWS, known)
        counted = [view for view in VIEWS if view.counted]
        return self.render(
            "backoffice/messages.html",
            page=page_of(asked.apply(select(Message)), Message, request.args),
            asked=asked,
            views=VIEWS,
            counts={view.key: count_up_to(filters.Filtered(view).apply(select(Message.id))) for view in counted},
            filters=known,
            channels=CHANNELS,
            told=message_page,
        )

    @expose("/<message_id>")
    def details(self, message_id: str) -> str:
        message = db.session.get(Message, message_id)
        if message is None:
            raise NotFound("message", message_id)
        return self.render(
            "backoffice/message.html",
            message=message,
            parts=parts_of(message.body, message.action),
            tries=message_page.tries_of(message),
            about=url_of(message.subject_id),
            channels=CHANNELS,
            told=message_page,
        )

    @expose("/<message_id>/again", methods=("POST",))
    @needs("messages.edit")
    def again(self, message_id: str) -> ResponseReturnValue:
        message_sending.send_again(message_id, actor=f"user:{current_user.email}"[:100])
        flash("The message is sent again in a moment.", "good")
        return redirect(url_for(".details", message_id=message_id))


class MailboxView(HubView):
    permission = "messages.view"

    @expose("/")
    def index(self) -> str:
        asked = filters.read(request.args, BOXES, ())
        kept = select(Message).where(Message.delivered_by == MAILBOX, Message.body != "")
        return self.render(
            "backoffice/mailbox.html",
            page=page_of(asked.apply(kept), Message, request.args, LETTERS),
            asked=asked,
            views=BOXES,
            parts_of=parts_of,
            told=message_page,
        )


def _known_id(text: str) -> str | None:
    return text if any(is_id(prefix, text) for prefix in ("pay", "re", "plink", "sub", "ren")) else None
