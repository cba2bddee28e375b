"""Checkout sessions: what shops asked to collect, and what the rules answered, paid or not."""

from __future__ import annotations

from flask import request
from flask_admin import expose
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import joinedload, selectinload

from admin import filters, formats
from admin.base import HubView
from admin.decision_page import decisions_of
from admin.keyset import count_up_to, page_of
from admin.timeline import timeline_of
from app.domain.statuses import SessionStatus
from app.models import CheckoutSession, DecisionRecord, Payment, utc_now
from app.services import rule_figures, rule_sets, sessions

Session = CheckoutSession
DEFAULT = "-"  # in an address, where a rule's id stands otherwise: no id can be this

VIEWS = (
    filters.View("all", "All"),
    filters.View("open", "Open", lambda: Session.status == SessionStatus.OPEN),
    filters.View("completed", "Completed", lambda: Session.status == SessionStatus.COMPLETED),
    filters.View("expired", "Expired", lambda: Session.status == SessionStatus.EXPIRED),
    filters.View("untried", "Never tried to pay", lambda: ~exists().where(Payment.session_id == Session.id), False),
)


def _filters() -> tuple[filters.Filter, ...]:
    return (
        filters.Choice("currency", "Currency", formats.CURRENCIES, lambda value: Session.currency == value),
        filters.Day("from", "From", Session.created_at),
        filters.Day("until", "Until", Session.created_at, until=True),
        filters.Linked("rule", "Decided lately by", _decided_by, _rule_name),
    )


def _decided_by(rule_id: str) -> ColumnElement[bool]:
    """Return the sessions of the last days that a rule decided, or, for DEFAULT, the default offer."""
    decided = select(DecisionRecord.session_id).where(
        DecisionRecord.rule_id == (None if rule_id == DEFAULT else rule_id),
        DecisionRecord.created_at > utc_now() - rule_figures.MONTH,
    )
    return Session.id.in_(decided)


def _rule_name(rule_id: str) -> str | None:
    """Return what a rule of the active version is called."""
    if rule_id == DEFAULT:
        return "the default offer"
    newest = rule_sets.newest_activation()
    rules = rule_sets.ruleset_of(newest.version).rules_by_id if newest else {}
    return rules[rule_id].name if rule_id in rules else None


class SessionsView(HubView):
    permission = "payments.view"

    @expose("/")
    def index(self) -> str:
        known = _filters()
        asked = filters.read(request.args, VIEWS, known)
        rows = asked.apply(select(Session).options(joinedload(Session.payment), selectinload(Session.decisions)))
        page = page_of(rows, Session, request.args)
        counts = {
            view.key: count_up_to(filters.Filtered(view).apply(select(Session.id))) for view in VIEWS if view.counted
        }
        return self.render(
            "backoffice/sessions.html", page=page, asked=asked, views=VIEWS, counts=counts, filters=known
        )

    @expose("/<session_id>")
    def details(self, session_id: str) -> str:
        session = sessions.get_session(session_id)
        return self.render(
            "backoffice/session.html",
            session=session,
            payment=session.payment,
            timeline=timeline_of(session, session.payment, session.attempts),
            decisions=decisions_of(session),
        )
