"""The hosted checkout: choose and pay, come back, wait, see how it ended. Pages show the server's state only."""

from __future__ import annotations

from http import HTTPStatus

from flask import abort, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.checkout.blueprint import blueprint
from app.checkout.choices import Choice, accepted_before, find_problems, offer_of
from app.checkout.links import render_link_refusal
from app.checkout.standing import Standing, visit
from app.checkout.views import render_choices, render_visit
from app.domain.ids import is_id
from app.domain.statuses import AttemptStatus
from app.models import PaymentAttempt
from app.security import limiter
from app.services import attempts, payments
from app.services.errors import AlreadyPaid, MethodNotOffered, NotFound, SessionExpired, TermsNotAccepted
from app.services.payment_link_errors import LinkInUse, LinkOver

ACTOR = "customer"
# Enough for an impatient person; each of these may call a provider, so a loop is slowed down session by session.
_asks_provider = limiter.shared_limit("60 per minute", scope="checkout", key_func=lambda: request.path.split("/")[2])


@blueprint.get("/<session_id>")
def show(session_id: str) -> ResponseReturnValue:
    """The page of a session, by where it stands."""
    here = visit(session_id)
    return render_visit(here), HTTPStatus.GONE if here.standing is Standing.EXPIRED else HTTPStatus.OK


@blueprint.post("/<session_id>/pay")
@_asks_provider
def pay(session_id: str) -> ResponseReturnValue:
    """Start paying by the chosen method and go to the provider's page; what is missing is said beside the form."""
    here = visit(session_id)
    accepts = request.form.get("accept_terms") == "yes" or accepted_before(here.session) is not None
    choice = Choice(request.form.get("method", ""), accepts)
    if here.standing is Standing.CHOOSE:
        offer = offer_of(here.session)
        if problems := find_problems(choice, offer):
            return render_choices(here.session, offer, choice, problems), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        attempt = payments.pay(session_id, method=choice.method, accept_terms=choice.accept_terms, actor=ACTOR)
    except (AlreadyPaid, SessionExpired) as refusal:
        return render_visit(visit(session_id), again=True), refusal.status
    except (LinkOver, LinkInUse) as refusal:
        return render_link_refusal(visit(session_id).session.payment_link, refusal), refusal.status
    except (MethodNotOffered, TermsNotAccepted) as refusal:  # the offer changed since the page was shown
        here = visit(session_id)
        offer = offer_of(here.session)
        problems = find_problems(choice, offer) or find_problems(Choice("", choice.accept_terms), offer)
        return render_choices(here.session, offer, choice, problems), refusal.status
    chosen = attempt.method == choice.method  # else another tab was first, and its attempt may still take the money
    if chosen and attempt.status == AttemptStatus.PENDING and attempt.redirect_url:
        return redirect(attempt.redirect_url, HTTPStatus.SEE_OTHER)
    return _to_page(session_id)


@blueprint.get("/<session_id>/pay")
@blueprint.get("/<session_id>/check")
@blueprint.get("/<session_id>/change")
def reopen(session_id: str) -> ResponseReturnValue:
    """A form's address opened by hand or from a history: the session's page."""
    return _to_page(session_id)


@blueprint.get("/<session_id>/return/<attempt_id>")
@_asks_provider
def come_back(session_id: str, attempt_id: str) -> ResponseReturnValue:
    """The customer is back from the provider, whose own word counts, and not the address they came by."""
    if not is_id("att", attempt_id):
        abort(HTTPStatus.NOT_FOUND)
    if attempts.get_attempt(attempt_id).session_id != session_id:
        raise NotFound("payment attempt", attempt_id)
    payments.settle(attempt_id, actor=ACTOR)
    return _to_page(session_id)


@blueprint.post("/<session_id>/check")
@_asks_provider
def check(session_id: str) -> ResponseReturnValue:
    """Ask the provider now what became of the payment."""
    if (attempt := _live(session_id)) is not None:
        payments.settle(attempt.id, actor=ACTOR)
    return _to_page(session_id)


@blueprint.post("/<session_id>/change")
@_asks_provider
def change(session_id: str) -> ResponseReturnValue:
    """Give the started payment up, so that another way to pay can be chosen."""
    here = visit(session_id)
    if here.standing is Standing.CONTINUE and here.attempt is not None:
        payments.abandon(here.attempt.id, actor=ACTOR)
    return _to_page(session_id)


@blueprint.get("/<session_id>/status")
def status(session_id: str) -> ResponseReturnValue:
    """{state, changed}: where the session stands, and whether that differs from `seen`. Asks no provider."""
    standing = visit(session_id).standing
    return jsonify(state=standing, changed=standing != request.args.get("seen", standing))


def _live(session_id: str) -> PaymentAttempt | None:
    return visit(session_id).attempt


def _to_page(session_id: str) -> ResponseReturnValue:
    return redirect(url_for("checkout.show", session_id=session_id), HTTPStatus.SEE_OTHER)
