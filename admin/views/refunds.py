"""Refunds: the list, one with all that is known of it, the form that asks for one, and the second person's word."""

from __future__ import annotations

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload

from admin import filters, formats, refund_forms
from admin.base import HubView, needs
from admin.keyset import count_up_to, page_of
from admin.refund_words import actor, shown, why_not
from admin.roles import may
from admin.timeline import refund_events
from app.domain.refunds import REASONS
from app.domain.statuses import RefundStatus
from app.models import Payment, Refund
from app.services import payments, refund_settling, refunds
from app.services.errors import Refusal
from app.services.refund_outcomes import OPEN

VIEWS = (
    filters.View("all", "All", counted=False),
    filters.View("waiting", "Waiting for approval", lambda: and_(*refunds.WAITS)),
    filters.View("open", "Under way", lambda: Refund.status.in_(OPEN)),
    filters.View("failed", "Failed", lambda: Refund.status == RefundStatus.FAILED, counted=False),
    filters.View("mine", "Asked for by you", lambda: Refund.requested_by == actor(), counted=False),
)


def _filters() -> tuple[filters.Filter, ...]:
    statuses = {status: pill.word for status, pill in formats.PILLS["refund"].items()}
    return (
        filters.Choice("status", "Status", statuses, lambda value: Refund.status == value),
        filters.Choice("reason", "Reason", REASONS, lambda value: Refund.reason == value),
        filters.Day("from", "From", Refund.created_at),
        filters.Day("until", "Until", Refund.created_at, until=True),
    )


class RefundsView(HubView):
    permission = "payments.view"

    @expose("/")
    def index(self) -> str:
        known = _filters()
        asked = filters.read(request.args, VIEWS, known)
        wanted = select(Refund).options(joinedload(Refund.payment), joinedload(Refund.attempt))
        page = page_of(asked.apply(wanted), Refund, request.args)
        counts = {
            view.key: count_up_to(filters.Filtered(view).apply(select(Refund.id))) for view in VIEWS if view.counted
        }
        return self.render(
            "backoffice/refunds.html",
            page=page,
            rows=[shown(refund) for refund in page.rows],
            asked=asked,
            views=VIEWS,
            counts=counts,
            filters=known,
        )

    @expose("/<refund_id>")
    def details(self, refund_id: str) -> str:
        refund = refunds.get_refund(refund_id)
        return self.render(
            "backoffice/refund.html", it=shown(refund), payment=refund.payment, timeline=refund_events(refund)
        )

    @expose("/new/<payment_id>", methods=("GET", "POST"))
    @needs("payments.refund")
    def new(self, payment_id: str) -> ResponseReturnValue:
        payment = payments.get_payment(payment_id)
        if request.method == "GET":
            return self._form(payment, refund_forms.blank(payment))
        form, do = refund_forms.read(payment, request.form), request.form.get("do")
        if do == "send" and not form.errors.keys() - {"amount"}:
            try:
                refund = refunds.request(
                    payment_id,
                    amount=form.amount,
                    reason=form.reason,
                    note=form.note,
                    actor=actor(),
                    refund_id=form.refund_id,
                )
            except Refusal as refused:
                form.errors.setdefault(refused.field or "", refused.message)
            else:
                _tell_accepted(refund)
                return redirect(url_for("admin_payments.details", payment_id=payment_id, _anchor="refunds"))
        if form.errors or do != "check":
            return self._form(payment, form), 422 if form.errors else 200
        return self.render(
            "backoffice/refund_confirm.html",
            payment=payment,
            form=form,
            reason=REASONS[form.reason],
            second=refunds.needs_second_person(payment, form.amount),
            left=refunds.left_of(payment) - form.amount,
        )

    @expose("/<refund_id>/approve", methods=("POST",))
    @needs("refunds.approve")
    def approve(self, refund_id: str) -> ResponseReturnValue:
        refunds.get_refund(refund_id)
        try:
            refunds.approve(refund_id, actor=actor())
            flash("Approved: the provider is asked now.", "good")
        except Refusal as refused:
            flash(refused.message, "bad")
        return redirect(url_for(".details", refund_id=refund_id))

    @expose("/<refund_id>/reject", methods=("POST",))
    @needs("payments.view")
    def reject(self, refund_id: str) -> ResponseReturnValue:
        if not (may("refunds.approve") or refunds.get_refund(refund_id).requested_by == actor()):
            abort(403)
        try:
            refunds.reject(refund_id, actor=actor(), note=" ".join(request.form.get("note", "").split()))
            flash("Turned down: nothing is given back, and the amount is free again.", "good")
        except Refusal as refused:
            flash(refused.message, "bad")
        return redirect(url_for(".details", refund_id=refund_id))

    @expose("/<refund_id>/settle", methods=("POST",))
    @needs("payments.settle")
    def settle(self, refund_id: str) -> ResponseReturnValue:
        it = shown(refund_settling.settle(refund_id))
        charge = it.refund.attempt or it.refund.payment
        flash(f"{formats.account(charge.account_id)} was asked: {it.pill.word.lower()}.", "info")
        return redirect(url_for(".details", refund_id=refund_id))

    def _form(self, payment: Payment, form: refund_forms.RefundForm) -> str:
        return self.render(
            "backoffice/refund_form.html", payment=payment, form=form, reasons=REASONS, refused=why_not(payment)
        )


def _tell_accepted(refund: Refund) -> None:
    it = shown(refund)
    if refunds.waits_for_approval(refund):
        flash(f"{it.amount} is asked for. It is above the limit, so somebody else has to approve it first.", "info")
    else:
        flash(f"{it.amount} is being given back. How it ends is shown here.", "good")
