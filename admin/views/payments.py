"""Payments: the list an operator lives in, and the page that tells all about one."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_security import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from admin import attention, filters, formats, refund_forms
from admin.base import HubView, needs
from admin.decision_page import decisions_of
from admin.keyset import count_up_to, page_of
from admin.refund_words import shown, why_not
from admin.timeline import timeline_of
from app.domain.methods import LABELS
from app.domain.refunds import REASONS
from app.domain.statuses import LIVE_ATTEMPT, PaymentStatus
from app.models import Alert, Payment, PaymentAttempt, db
from app.services import payments

WAITING = (PaymentStatus.CREATED, PaymentStatus.PENDING)


VIEWS = (
    filters.View("all", "All"),
    filters.View("paid", "Paid", lambda: Payment.paid > 0),
    filters.View("pending", "Pending", lambda: Payment.status.in_(WAITING)),
    filters.View("failed", "Failed", lambda: Payment.status.in_((PaymentStatus.FAILED, PaymentStatus.EXPIRED))),
    filters.View("attention", "Needs attention", attention.is_needed),
)


def _filters() -> tuple[filters.Filter, ...]:
    statuses = {status: pill.word for status, pill in formats.PILLS["payment"].items()}
    return (
        filters.Choice("status", "Status", statuses, lambda value: Payment.status == value),
        filters.Choice("method", "Method", LABELS, lambda value: Payment.method == value),
        filters.Choice("account", "Provider", formats.account_labels(), lambda value: Payment.account_id == value),
        filters.Choice("currency", "Currency", formats.CURRENCIES, lambda value: Payment.currency == value),
        filters.Day("from", "From", Payment.created_at),
        filters.Day("until", "Until", Payment.created_at, until=True),
    )


class PaymentsView(HubView):
    permission = "payments.view"

    @expose("/")
    def index(self) -> str:
        known = _filters()
        asked = filters.read(request.args, VIEWS, known)
        page = page_of(asked.apply(select(Payment).options(joinedload(Payment.session))), Payment, request.args)
        counts = {view.key: count_up_to(filters.Filtered(view).apply(select(Payment.id))) for view in VIEWS}
        return self.render(
            "backoffice/payments.html", page=page, asked=asked, views=VIEWS, counts=counts, filters=known
        )

    @expose("/<payment_id>")
    def details(self, payment_id: str) -> str:
        payment = payments.get_payment(payment_id)
        attempts: list[PaymentAttempt] = list(payment.attempts)
        return self.render(
            "backoffice/payment.html",
            payment=payment,
            session=payment.session,
            attempts=attempts,
            live=[attempt for attempt in attempts if attempt.status in LIVE_ATTEMPT],
            refunds=[shown(refund) for refund in payment.refunds],
            refund_form=refund_forms.blank(payment),
            refund_reasons=REASONS,
            not_refundable=why_not(payment),
            timeline=timeline_of(payment.session, payment, attempts),
            decisions=decisions_of(payment.session),
            alerts=_open_alerts([payment.id, payment.session_id, *(row.id for row in (*attempts, *payment.refunds))]),
        )

    @expose("/<payment_id>/settle", methods=("POST",))
    @needs("payments.settle")
    def settle(self, payment_id: str) -> ResponseReturnValue:
        payment = payments.get_payment(payment_id)
        live = [attempt.id for attempt in payment.attempts if attempt.status in LIVE_ATTEMPT]
        actor = f"user:{current_user.email}"[:100]
        settled = [payments.settle(attempt_id, actor=actor) for attempt_id in live]
        if not settled:
            flash("No attempt is open: there is nothing to ask.", "info")
        for attempt in settled:
            word = formats.pill("attempt", attempt.status).word.lower()
            flash(f"{formats.account(attempt.account_id)} was asked: the attempt is {word}.", "info")
        return redirect(url_for("admin_payments.details", payment_id=payment_id))


def _open_alerts(subject_ids: list[str]) -> list[Alert]:
    return list(db.session.scalars(select(Alert).where(Alert.subject_id.in_(subject_ids), Alert.resolved_at.is_(None))))
