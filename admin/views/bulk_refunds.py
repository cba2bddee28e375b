"""Refunds of chosen payments: looked over on one page, then asked for one by one, each told how it went."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from flask import request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import select

from admin import formats
from admin.base import HubView, needs
from admin.refund_words import actor, why_not
from app.domain.ids import is_id, new_id
from app.domain.refunds import REASONS
from app.models import Payment, db
from app.services import refunds
from app.services.errors import Refusal

MOST = 100


@dataclass(frozen=True)
class Line:
    """One chosen payment: what is asked for it, in minor units and in words, and why not, if so."""

    payment: Payment
    amount: int
    refund_id: str
    refused: str
    second: bool = False

    @property
    def value(self) -> str:
        """Return what the form sends for this line: the amount that was looked over, and an id to ask once."""
        return f"{self.payment.id}:{self.amount}:{self.refund_id}"


class BulkRefundsView(HubView):
    permission = "payments.refund"

    @expose("/", methods=("POST",))
    @needs("payments.refund")
    def index(self) -> ResponseReturnValue:
        reason = request.form.get("reason", "requested_by_customer")
        note = " ".join(request.form.get("note", "").split())
        if request.form.get("do") == "send":
            return self._send(reason, note)
        lines = [_look(payment) for payment in _chosen(request.form.getlist("payment"))]
        good = [line for line in lines if not line.refused]
        return self.render(
            "backoffice/bulk_refunds.html",
            good=good,
            bad=[line for line in lines if line.refused],
            sums=_sums(good),
            reasons=REASONS,
            reason=reason,
            note=note,
        )

    def _send(self, reason: str, note: str) -> str:
        lines = []
        wanted = dict(_parts(text) for text in request.form.getlist("refund")[:MOST])
        for payment in _chosen(list(wanted)):
            amount, refund_id = wanted[payment.id]
            try:
                asked = refunds.request(
                    payment.id, amount=amount, reason=reason, note=note, actor=actor(), refund_id=refund_id
                )
                lines.append(Line(payment, amount, asked.id, "", refunds.waits_for_approval(asked)))
            except Refusal as refused:
                lines.append(Line(payment, amount, refund_id, refused.message))
        good = [line for line in lines if not line.refused]
        return self.render(
            "backoffice/bulk_refunds_sent.html",
            good=good,
            bad=[line for line in lines if line.refused],
            sums=_sums(good),
        )


def _chosen(ids: list[str]) -> list[Payment]:
    known = [each for each in ids if is_id("pay", each)][:MOST]
    return list(db.session.scalars(select(Payment).where(Payment.id.in_(known)).order_by(Payment.id.desc())))


def _look(payment: Payment) -> Line:
    left, refused = refunds.left_of(payment), why_not(payment)
    return Line(payment, left, new_id("re"), refused, not refused and refunds.needs_second_person(payment, left))


def _sums(lines: list[Line]) -> list[str]:
    sums: Counter[str] = Counter()
    for line in lines:
        sums[line.payment.currency] += line.amount
    return [formats.money(amount, currency) for currency, amount in sorted(sums.items())]


def _parts(text: str) -> tuple[str, tuple[int, str]]:
    """Read a line's value; what the page did not write means no payment."""
    payment_id, _, rest = text.partition(":")
    amount, _, refund_id = rest.partition(":")
    if not (amount.isascii() and amount.isdigit() and len(amount) < 16 and is_id("re", refund_id)):
        return "", (0, "")
    return payment_id, (int(amount), refund_id)
