"""Payment links: an address sent to a customer, which opens a checkout session when it is followed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.ids import new_id
from app.domain.money import MAX_AMOUNT
from app.domain.statuses import PaymentLinkStatus
from app.models.base import ID, Base, Document, UtcDateTime, one_of, utc_now

_ACTIVE = text("status = 'active'")


class PaymentLink(Base):
    """`amount` in minor units. It may be paid `max_payments` times; `paid_count` counts them, whatever happens after.

    `renewal_id` is set on a link by which a customer pays an open renewal: it leads to the renewal's own session, and
    a renewal has one such link at a time.
    """

    __tablename__ = "payment_links"
    __table_args__ = (
        one_of("status", PaymentLinkStatus),
        CheckConstraint(f"amount > 0 AND amount <= {MAX_AMOUNT}", name="amount_positive"),
        CheckConstraint("max_payments > 0 AND paid_count >= 0", name="counts_sensible"),
        CheckConstraint("email IS NOT NULL OR phone IS NOT NULL OR sent_count = 0", name="sent_to_somebody"),
        Index("ix_payment_links_expires_at", "expires_at", sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
        Index("ix_payment_links_remind_at", "remind_at", sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
        Index(
            "uq_payment_links_active_renewal", "renewal_id", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE
        ),
        Index("ix_payment_links_created_at", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("plink"))
    status: Mapped[str] = mapped_column(String(20), default=PaymentLinkStatus.ACTIVE)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    reference: Mapped[str] = mapped_column(String(100), index=True)
    customer: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    attributes: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    items: Mapped[list[dict[str, Any]]] = mapped_column(Document, default=list)
    locale: Mapped[str] = mapped_column(String(20), default="en")
    success_url: Mapped[str] = mapped_column(Text, default="")  # empty: the checkout's own page is the end of the way
    failure_url: Mapped[str] = mapped_column(Text, default="")
    email: Mapped[str | None] = mapped_column(String(254), index=True)
    phone: Mapped[str | None] = mapped_column(String(20), index=True)  # E.164
    renewal_id: Mapped[str | None] = mapped_column(ForeignKey("renewals.id"), index=True)
    max_payments: Mapped[int] = mapped_column(Integer, default=1)
    paid_count: Mapped[int] = mapped_column(Integer, default=0)
    terms_accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # before it was sent, so need not be asked
    sent_count: Mapped[int] = mapped_column(Integer, default=0)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the latest time
    remind_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when to remind the customer; None: not any more
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_count: Mapped[int] = mapped_column(Integer, default=0)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the first time
    created_by: Mapped[str] = mapped_column(String(100))  # an actor, as in the status history
    api_key_id: Mapped[str | None] = mapped_column(ForeignKey("api_keys.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

    sessions = relationship(
        "CheckoutSession",
        primaryjoin="foreign(CheckoutSession.payment_link_id) == PaymentLink.id",
        back_populates="payment_link",
        order_by="CheckoutSession.created_at",
    )
    renewal = relationship("Renewal")
