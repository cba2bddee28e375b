"""Renders each page of the hosted checkout from where its session stands."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template
from flask.typing import ResponseReturnValue

from app.checkout import wording
from app.checkout.blueprint import blueprint
from app.checkout.choices import Choice, OfferView, Problem, accepted_before, offer_of
from app.checkout.standing import Standing, Visit
from app.models import CheckoutSession
from app.security import allow_forms_to

TEMPLATES = {
    Standing.CONTINUE: "checkout/continue.html",
    Standing.CONFIRMING: "checkout/confirming.html",
    Standing.PAID: "checkout/paid.html",
    Standing.EXPIRED: "checkout/expired.html",
}


def render_visit(here: Visit, *, again: bool = False) -> str:
    """Render the page of a session; `again`: the customer tried to pay what can no longer be paid."""
    if here.standing is Standing.CHOOSE:
        return render_choices(here.session, offer_of(here.session))
    return render_template(
        TEMPLATES[here.standing],
        session=here.session,
        attempt=here.attempt,
        payment=here.session.payment,
        slow=here.attempt is not None and here.attempt.method in wording.SLOW_METHODS,
        again=again,
    )


def render_choices(
    session: CheckoutSession, offer: OfferView, choice: Choice | None = None, problems: Sequence[Problem] = ()
) -> str:
    """Render the methods to choose from, with what is missing said first; or that there is none."""
    if not offer.methods:
        return render_template("checkout/nothing.html", session=session, offer=offer)
    allow_forms_to(offer.origins)
    only = offer.methods[0].id if len(offer.methods) == 1 else ""
    return render_template(
        "checkout/choose.html",
        session=session,
        offer=offer,
        choice=choice or Choice(only),
        problems=problems,
        accepted_at=accepted_before(session),
        problem_of={problem.field.partition("-")[0]: problem.text for problem in problems},
    )


@blueprint.get("/<session_id>/terms")
def terms(session_id: str) -> ResponseReturnValue:
    """A sample of terms, for a shop that has not configured its own."""
    return render_template("checkout/terms.html", session_id=session_id)
