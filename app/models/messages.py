"""Messages: what was or will be sent to whom, with its delivery log, and the wording that operators gave it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.ids import new_id
from app.models.base import ID, Base, UtcDateTime, utc_now

_UNSENT = text("sent_at IS NULL")
_WORDED = text("body <> ''")  # old messages lose their words: only those that still have some are read for it


class Message(Base):
    """One text to one recipient by one channel; written when its event is handled, sent by a job.

    At most one for an event, kind, channel and recipient, however often the event is handled.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("event_id", "kind", "channel", "recipient"),
        CheckConstraint("channel IN ('email', 'sms')", name="channel_known"),
        CheckConstraint("sent_at IS NULL OR given_up_at IS NULL", name="one_end"),
        Index("ix_messages_subject", "subject_id", "created_at"),
        Index("ix_messages_created_at", "created_at", "id"),
        Index("ix_messages_unsent", "created_at", "id", sqlite_where=_UNSENT, postgresql_where=_UNSENT),
        Index("ix_messages_worded", "created_at", sqlite_where=_WORDED, postgresql_where=_WORDED),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("msg"))
    event_id: Mapped[str] = mapped_column(ForeignKey("events.id"))
    kind: Mapped[str] = mapped_column(String(60))  # a key of app.domain.messages.KINDS
    subject_id: Mapped[str] = mapped_column(ID)  # the event's
    channel: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(10))
    recipient: Mapped[str] = mapped_column(String(254))
    title: Mapped[str] = mapped_column(String(300), default="")  # an e-mail's subject
    body: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text, default="")  # where its button leads, if it has one
    delivered_by: Mapped[str | None] = mapped_column(String(20))  # smtp, gateway or mailbox
    provider_reference: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    given_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    event = relationship("Event")
    tries = relationship("MessageTry", order_by="MessageTry.id")


class MessageTry(Base):
    """One try to hand a message over, and what came of it."""

    __tablename__ = "message_tries"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    outcome: Mapped[str] = mapped_column(String(20))  # sent, refused, failed, over; again: somebody asked
    detail: Mapped[str] = mapped_column(Text, default="")


class MessageTemplate(Base):
    """An operator's wording in place of the hub's own, for one event, channel and language."""

    __tablename__ = "message_templates"
    __table_args__ = (UniqueConstraint("kind", "channel", "language"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("tmpl"))
    kind: Mapped[str] = mapped_column(String(60))
    channel: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(300), default="")
    body: Mapped[str] = mapped_column(Text)
    enabled: Mapped[bool] = mapped_column(default=True)
    revision: Mapped[int] = mapped_column(Integer, default=1)  # two editors cannot overwrite each other
    updated_by: Mapped[str] = mapped_column(String(254))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
