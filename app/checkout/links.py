"""Payment links as customers follow them: on to the provider, to the payment page, or to what else can be done."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.checkout.languages import speak
from app.domain.statuses import AttemptStatus, PaymentLinkStatus
from app.models import PaymentLink
from app.security import limiter
from app.services import payment_link_visits
from app.services.errors import NotFound
from app.services.payment_link_errors import LinkInUse, LinkOver
from app.services.payment_link_fields import LONGEST_LIFE

blueprint = Blueprint("links", __name__, url_prefix="/link", template_folder="templates")

VISITOR = "junction_link"  # the cookie that holds a visitor's session of a link which several people pay
AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")  # how programs say that nobody has asked for the page yet


@blueprint.get("/<token>")
@limiter.limit("600 per minute", key_func=lambda: request.path)  # several people may share a link
@limiter.limit("60 per minute", key_func=lambda: f"{request.remote_addr} {request.path}")
def follow(token: str) -> ResponseReturnValue:
    """Open the link's session and go there. Mail programs that look ahead neither count nor open anything."""
    try:
        link = payment_link_visits.find_link(token)
    except NotFound:
        return render_template("checkout/link_over.html", link=None, reason="unknown"), HTTPStatus.NOT_FOUND
    speak(link.locale)
    if request.method == "HEAD":
        over = link.status != PaymentLinkStatus.ACTIVE
        return Response(status=HTTPStatus.GONE if over else HTTPStatus.OK)
    if _is_ahead():
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)  # a page fetched ahead is not kept then
    try:
        opened = payment_link_visits.open_link(token, remembered=request.cookies.get(VISITOR))
    except LinkOver as over_already:
        return render_link_refusal(payment_link_visits.find_link(token), over_already), over_already.status
    response = redirect(_way_on(opened.session_id), HTTPStatus.SEE_OTHER)
    if opened.remember:
        response.set_cookie(
            VISITOR,
            opened.session_id,
            max_age=LONGEST_LIFE,
            path=request.path,
            secure=current_app.config["JUNCTION"].is_production,
            httponly=True,
            samesite="Lax",
        )
    return response


def render_link_refusal(link: PaymentLink, refusal: LinkOver | LinkInUse) -> str:
    """Render why nothing can be paid by a link, and what its customer can do."""
    reason = refusal.link_status if isinstance(refusal, LinkOver) else "in_use"
    return render_template("checkout/link_over.html", link=link, reason=reason)


def _way_on(session_id: str) -> str:
    attempt = payment_link_visits.go_straight(session_id)
    if attempt is not None and attempt.status == AttemptStatus.PENDING and attempt.redirect_url:
        return str(attempt.redirect_url)
    return url_for("checkout.show", session_id=session_id)


def _is_ahead() -> bool:
    said = " ".join(request.headers.get(name, "").lower() for name in AHEAD)
    return any(word in said for word in ("prefetch", "prerender", "preview"))
