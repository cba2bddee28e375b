"""Payment attempts: one try at one provider; at most one of a session may still take money."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, bindparam, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.ids import new_id
from app.domain.statuses import LIVE_ATTEMPT, AttemptStatus
from app.models.base import ID, Base, UtcDateTime, one_of, utc_now

_LIVE = text(f"status IN ({', '.join(repr(status.value) for status in LIVE_ATTEMPT)})")


class PaymentAttempt(Base):
    """The id is also our reference at the provider and the source of its idempotency key."""

    __tablename__ = "payment_attempts"
    __table_args__ = (
        one_of("status", AttemptStatus),
        CheckConstraint("(status = 'failed') = (failure_kind IS NOT NULL)", name="failure_exactly_when_failed"),
        Index("uq_payment_attempts_live", "session_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_payment_attempts_account_ended", "account_id", "ended_at"),
        Index("ix_payment_attempts_provider_reference", "provider_reference"),
        Index("ix_payment_attempts_due", "next_check_at", sqlite_where=_LIVE, postgresql_where=_LIVE),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("att"))
    session_id: Mapped[str] = mapped_column(ForeignKey("checkout_sessions.id"), index=True)
    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.id"), index=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("provider_accounts.id"))
    method: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(20), default=AttemptStatus.STARTED)
    strong_authentication: Mapped[bool] = mapped_column(Boolean, default=False)  # the rules asked for it
    token_id: Mapped[str | None] = mapped_column(ID)  # the customer is not there; a foreign key would circle
    stage: Mapped[str | None] = mapped_column(String(20))  # while pending: awaiting_customer or processing
    provider_reference: Mapped[str | None] = mapped_column(String(255))
    redirect_url: Mapped[str | None] = mapped_column(Text)
    failure_kind: Mapped[str | None] = mapped_column(String(30))
    failure_code: Mapped[str | None] = mapped_column(String(100))
    failure_message: Mapped[str | None] = mapped_column(Text)
    checks: Mapped[int] = mapped_column(Integer, default=0)  # times the provider was asked
    next_check_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None once the outcome is known
    unanswered_since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the provider has been silent since then
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    session = relationship("CheckoutSession", back_populates="attempts")
    payment = relationship("Payment", back_populates="attempts")
    account = relationship("ProviderAccount")
    token = relationship(
        "PaymentToken", primaryjoin="foreign(PaymentAttempt.token_id) == PaymentToken.id", viewonly=True
    )


# Written out as in the partial indexes, so that SQLite, too, reads only the live ones.
IS_LIVE = PaymentAttempt.status.in_(bindparam("live", LIVE_ATTEMPT, expanding=True, literal_execute=True))
