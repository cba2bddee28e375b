"""Payment tokens: what a provider gave us to charge a customer again without them; never the instrument itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.ids import new_id
from app.models.base import ID, Base, UtcDateTime, utc_now


class PaymentToken(Base):
    """`encrypted_token` is a MultiFernet token; the attempt that made it tells customer, method and account."""

    __tablename__ = "payment_tokens"

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("tok"))
    attempt_id: Mapped[str] = mapped_column(ForeignKey("payment_attempts.id"), unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("provider_accounts.id"))
    method: Mapped[str] = mapped_column(String(40))
    encrypted_token: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)

    account = relationship("ProviderAccount")
