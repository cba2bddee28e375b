"""Subscriptions: an agreement to pay again each period, and the one renewal that each period has."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.ids import new_id
from app.domain.statuses import RUNNING_SUBSCRIPTION, RenewalStatus, SubscriptionStatus
from app.models.base import ID, Base, Document, UtcDateTime, one_of, utc_now

_RUNNING = text("status IN ('active', 'on_hold')")
_UNPAID = text("status = 'created'")
_TO_SYNC = text("next_sync_at IS NOT NULL")
_OPEN = text("status = 'open'")


class Subscription(Base):
    """`amount` in minor units is what a renewal made from now on asks for.

    Period `n` (from 1) is due `n - 1` intervals after `anchor_on`, a day in the merchant's zone; period 1 is paid at
    the checkout. `collection` says who charges: the provider (automatic) or we, with the stored token (manual).
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        one_of("status", SubscriptionStatus),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("interval_unit IN ('day', 'week', 'month', 'year')", name="interval_known"),
        CheckConstraint("interval_count > 0", name="interval_count_positive"),
        CheckConstraint("collection IN ('automatic', 'manual')", name="collection_known"),
        CheckConstraint("total_payments IS NULL OR total_payments > 0", name="total_positive"),
        Index("ix_subscriptions_due", "next_due_at", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
        Index("ix_subscriptions_cancel_at", "cancel_at", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
        Index("ix_subscriptions_ends_at", "ends_at", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
        Index("ix_subscriptions_sync", "next_sync_at", sqlite_where=_TO_SYNC, postgresql_where=_TO_SYNC),
        Index("ix_subscriptions_unpaid", "created_at", sqlite_where=_UNPAID, postgresql_where=_UNPAID),
        Index("ix_subscriptions_created_at", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("sub"))
    status: Mapped[str] = mapped_column(String(20), default=SubscriptionStatus.CREATED)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    reference: Mapped[str] = mapped_column(String(100), index=True)
    customer_email: Mapped[str | None] = mapped_column(String(254), index=True)
    customer: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    locale: Mapped[str] = mapped_column(String(20), default="en")
    collection: Mapped[str] = mapped_column(String(20))
    interval_unit: Mapped[str] = mapped_column(String(10))
    interval_count: Mapped[int] = mapped_column(Integer, default=1)
    total_payments: Mapped[int | None] = mapped_column(Integer)  # None: no last one
    ends_on: Mapped[date | None] = mapped_column(Date)  # no period begins after this day
    timezone: Mapped[str] = mapped_column(String(60))
    anchor_on: Mapped[date | None] = mapped_column(Date)  # the day of the first payment
    next_number: Mapped[int] = mapped_column(Integer, default=1)  # of the period whose renewal is made next
    next_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when it is; None when there is none to come
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the end of its last period; None: no last one
    method: Mapped[str | None] = mapped_column(String(40))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("provider_accounts.id"))
    token_id: Mapped[str | None] = mapped_column(ForeignKey("payment_tokens.id"))
    ask_method: Mapped[bool] = mapped_column(Boolean, default=False)  # the next renewal is paid by link, by a new one
    provider_reference: Mapped[str | None] = mapped_column(String(255), index=True)  # automatic: its id at the provider
    provider_amount: Mapped[int | None] = mapped_column(BigInteger)  # automatic: what it asks for, as it last told us
    next_sync_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when to ask or tell the provider next
    synced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when it last answered
    cancel_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the renewal day on which it ends
    cancel_requested_by: Mapped[str | None] = mapped_column(String(100))
    cancel_requested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancel_reason: Mapped[str] = mapped_column(Text, default="")
    ending_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the customer was told that it ends soon
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    account = relationship("ProviderAccount")
    token = relationship("PaymentToken")
    renewals = relationship("Renewal", back_populates="subscription", order_by="Renewal.number")


class Renewal(Base):
    """One period and its one payment: the checkout session holds the attempts, so two can never be live at once."""

    __tablename__ = "renewals"
    __table_args__ = (
        one_of("status", RenewalStatus),
        UniqueConstraint("subscription_id", "number"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("number > 0", name="number_positive"),
        Index("ix_renewals_next_try", "next_try_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("ren"))
    subscription_id: Mapped[str] = mapped_column(ForeignKey("subscriptions.id"))
    number: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(20), default=RenewalStatus.OPEN)
    amount: Mapped[int] = mapped_column(BigInteger)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    session_id: Mapped[str] = mapped_column(ForeignKey("checkout_sessions.id"), unique=True)
    provider_reference: Mapped[str | None] = mapped_column(String(255))  # automatic: the provider's name for the period
    tries: Mapped[int] = mapped_column(Integer, default=0)  # charges that we made without the customer
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None: nothing more is tried by itself
    failure_kind: Mapped[str | None] = mapped_column(String(30))  # of the latest try
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    subscription = relationship("Subscription", back_populates="renewals")
    session = relationship("CheckoutSession", back_populates="renewal")


# Written out as in the partial indexes, so that SQLite, too, reads only these.
IS_RUNNING = Subscription.status.in_(bindparam("running", RUNNING_SUBSCRIPTION, expanding=True, literal_execute=True))
IS_UNPAID = Subscription.status == bindparam("unpaid", SubscriptionStatus.CREATED, literal_execute=True)
IS_OPEN = Renewal.status == bindparam("open", RenewalStatus.OPEN, literal_execute=True)
