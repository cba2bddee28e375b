"""Payment links: the list, one with its life, a form for a new one, sending again and revoking."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_security import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from admin import filters, formats, link_forms
from admin.base import HubView, needs
from admin.keyset import count_up_to, page_of
from admin.link_page import life_of, sessions_of
from admin.roles import may
from app.domain.statuses import PaymentLinkStatus
from app.models import CheckoutSession, Payment, PaymentLink, db
from app.services import payment_links
from app.services.errors import FieldsRefused, Refusal
from app.services.link_addresses import url_of
from rules import InvalidFacts

Link = PaymentLink
_ACTIVE = Link.status == PaymentLinkStatus.ACTIVE

VIEWS = (
    filters.View("all", "All"),
    filters.View("active", "Active", lambda: _ACTIVE),
    filters.View("opened", "Opened, not paid", lambda: _ACTIVE & Link.opened_at.is_not(None) & (Link.paid_count == 0)),
    filters.View("paid", "Paid", lambda: Link.paid_count > 0),
    filters.View("expired", "Expired", lambda: Link.status == PaymentLinkStatus.EXPIRED),
    filters.View("revoked", "Revoked", lambda: Link.status == PaymentLinkStatus.REVOKED),
)


def _filters() -> tuple[filters.Filter, ...]:
    return (
        filters.Choice("currency", "Currency", formats.CURRENCIES, lambda value: Link.currency == value),
        filters.Day("from", "From", Link.created_at),
        filters.Day("until", "Until", Link.created_at, until=True),
        filters.Linked(
            "email",
            "E-mail",
            lambda value: Link.email.in_({value, value.lower()}),
            lambda text: text if "@" in text else None,
        ),
    )


class PaymentLinksView(HubView):
    permission = "links.view"

    @expose("/")
    def index(self) -> str:
        known = _filters()
        asked = filters.read(request.args, VIEWS, known)
        page = page_of(asked.apply(select(Link)), Link, request.args)
        counts = {view.key: count_up_to(filters.Filtered(view).apply(select(Link.id))) for view in VIEWS}
        return self.render(
            "backoffice/payment_links.html", page=page, asked=asked, views=VIEWS, counts=counts, filters=known
        )

    @expose("/new", methods=("GET", "POST"))
    @needs("links.manage")
    def new(self) -> ResponseReturnValue:
        if request.method == "GET":
            asked = request.args.get("payment", "")[:40]
            payment = db.session.get(Payment, asked) if asked else None
            return self._form(link_forms.first_values(payment), {})
        read = link_forms.read(request.form)
        if read.link is None:
            return self._form(request.form, read.errors), 422
        link_id = link_forms.id_in(request.form)
        if link_id is not None and db.session.get(Link, link_id) is not None:
            flash(
                "This form was sent before: here is the link that it made. For another one, begin a new form.", "warn"
            )
            return redirect(url_for(".details", link_id=link_id))
        try:
            link = payment_links.create(read.link, actor=_actor(), link_id=link_id)
        except FieldsRefused as refused:
            errors = {link_forms.FIELDS.get(name, ""): text for name, text in refused.errors.items()}
            return self._form(request.form, errors), 422
        except InvalidFacts as invalid:
            return self._form(request.form, {"": " ".join(fault.message for fault in invalid.errors)}), 422
        on = f"It is on its way to {link.email or link.phone}." if link.sent_count else "Hand over its address."
        flash(f"The payment link is made. {on}", "good")
        return redirect(url_for(".details", link_id=link.id))

    @expose("/<link_id>")
    def details(self, link_id: str) -> str:
        query = select(Link).where(Link.id == link_id)
        with_payments = selectinload(Link.sessions).joinedload(CheckoutSession.payment)
        link = db.session.scalar(query.options(with_payments, joinedload(Link.renewal)))
        link = link or payment_links.get_link(link_id)
        return self.render(
            "backoffice/payment_link.html",
            link=link,
            sessions=sessions_of(link),
            life=life_of(link),
            address=url_of(link) if may("links.manage") and link.status == PaymentLinkStatus.ACTIVE else "",
        )

    @expose("/<link_id>/send", methods=("POST",))
    @needs("links.manage")
    def send(self, link_id: str) -> ResponseReturnValue:
        try:
            link = payment_links.send(link_id, actor=_actor())
            flash(f"It is on its way to {link.email or link.phone}.", "good")
        except Refusal as refused:
            if refused.status == 404:
                raise
            flash(refused.message, "bad")
        return redirect(url_for(".details", link_id=link_id))

    @expose("/<link_id>/revoke", methods=("POST",))
    @needs("links.manage")
    def revoke(self, link_id: str) -> ResponseReturnValue:
        try:
            payment_links.revoke(link_id, actor=_actor())
            flash("It is revoked: whoever follows it is told so. A payment under way is not stopped.", "good")
        except Refusal as refused:
            if refused.status == 404:
                raise
            flash(refused.message, "bad")
        return redirect(url_for(".details", link_id=link_id))

    def _form(self, values: object, errors: dict[str, str]) -> str:
        choices = link_forms.choices_of(values)  # type: ignore[arg-type]  # a form or the first values: both are mappings
        return self.render("backoffice/payment_link_new.html", values=values, errors=errors, choices=choices)


def _actor() -> str:
    return f"user:{current_user.email}"[:100]
