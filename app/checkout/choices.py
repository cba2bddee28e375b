"""What a customer may choose from, what they chose, and what is missing for it to be paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from app.checkout import wording
from app.checkout.languages import DEFAULT, language
from app.models import CheckoutSession, DecisionRecord, db
from app.services.accounts import page_origins
from app.services.decisions import TURNED_BACK, current_decision, ended_attempts, offered_now, outcome_of
from app.services.transaction import transaction


@dataclass(frozen=True)
class Choice:
    """What the form said."""

    method: str = ""
    accept_terms: bool = False


@dataclass(frozen=True)
class Problem:
    """Something missing: the id of the field to put right, and a sentence in the customer's language."""

    field: str
    text: str


@dataclass(frozen=True)
class MethodCard:
    """One method as the page shows it; `failed` when it is the one that did not work a moment ago."""

    id: str
    label: str
    hint: str
    failed: bool


@dataclass(frozen=True)
class OfferView:
    """The offer in the decision's order. `origins` is where its forms may lead; `failure` is of the last try."""

    methods: tuple[MethodCard, ...]
    notices: tuple[str, ...]
    origins: frozenset[str]
    failure: wording.FailureMessage | None


def offer_of(session: CheckoutSession) -> OfferView:
    """Return what the rules offer this session now; they are asked anew if a payment failed since."""
    with transaction():
        decision = outcome_of(current_decision(session))
    now = offered_now(decision)
    ended = ended_attempts(session.id)
    declined = bool(ended) and ended[-1].failure_kind not in TURNED_BACK
    offered = tuple(item.method for item in now)
    adapted = declined and offered != _offered_before(session)
    return OfferView(
        methods=tuple(_card(method, session, declined and method == ended[-1].method) for method in offered),
        notices=tuple(text.get(language()) or text.get(DEFAULT, "") for text in decision.notices),
        origins=page_origins({account for item in now for account in item.accounts}),
        failure=wording.failure(str(ended[-1].failure_kind), adapted) if ended else None,
    )


def accepted_before(session: CheckoutSession) -> datetime | None:
    """Return when the customer accepted the terms, if that was before a link brought them here."""
    return session.payment_link.terms_accepted_at if session.payment_link is not None else None


def find_problems(choice: Choice, offer: OfferView) -> list[Problem]:
    """Return what keeps this choice from being paid, in the order of the page."""
    problems = []
    ids = [method.id for method in offer.methods]
    if choice.method not in ids:
        text = _("Choose how you want to pay") if not choice.method else _("Choose one of the ways to pay listed here")
        problems.append(Problem(f"method-{ids[0]}" if ids else "methods", text))
    if not choice.accept_terms:
        problems.append(Problem("accept_terms", _("Accept the terms to continue")))
    return problems


def _card(method: str, session: CheckoutSession, failed: bool) -> MethodCard:
    return MethodCard(method, wording.label(method), wording.hint(method, session), failed)


def _offered_before(session: CheckoutSession) -> tuple[str, ...]:
    """Return the methods of the decision before the latest: what the customer chose from last time."""
    query = select(DecisionRecord).where(DecisionRecord.session_id == session.id)
    records = list(db.session.scalars(query.order_by(DecisionRecord.sequence.desc()).limit(2)))
    return tuple(item.method for item in outcome_of(records[-1]).offered)
