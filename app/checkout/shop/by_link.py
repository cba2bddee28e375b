"""Pay by link in the sample shop: the customer says where the link goes, and sees that it went there."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from http import HTTPStatus
from urllib.parse import urlencode

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.checkout.shop.cart import Cart
from app.checkout.shop.pages import blueprint, cart_of, render_shelf, wanted_of
from app.domain.ids import is_id
from app.domain.money import MAX_AMOUNT
from app.security import limiter
from app.services import payment_links
from app.services.errors import FieldRefused
from app.services.payment_link_fields import masked, read_recipient
from rules import InvalidFacts

ACTOR = "shop"


def _recipient_key() -> str:
    """Tell recipients apart, however their number is written, without keeping who they are."""
    typed = request.form.get("to", "")
    try:
        email, phone = read_recipient(typed)
    except ValueError:
        email, phone = typed, None
    return hashlib.sha256((phone or str(email).lower()).encode()).hexdigest()


def _was_sent(response: object) -> bool:
    return getattr(response, "status_code", 0) == HTTPStatus.SEE_OTHER


@blueprint.get("/link")
def ask_for_recipient() -> ResponseReturnValue:
    """Ask where the cart's link goes; the address has the cart and nothing about the customer."""
    cart = cart_of(request.args.to_dict())
    if cart.problems or not 0 < cart.total <= MAX_AMOUNT:
        return render_shelf(cart, empty=cart.total == 0), HTTPStatus.UNPROCESSABLE_ENTITY
    return _render(cart, {})


@blueprint.post("/link")
@limiter.limit("20 per hour", deduct_when=_was_sent)
@limiter.limit("5 per hour", key_func=_recipient_key, deduct_when=_was_sent)
def send_link() -> ResponseReturnValue:
    """Make a link for the cart and send it, as a shop's server would by the API."""
    cart = cart_of(request.form.to_dict())
    if cart.problems or not 0 < cart.total <= MAX_AMOUNT:
        return render_shelf(cart, empty=cart.total == 0), HTTPStatus.UNPROCESSABLE_ENTITY
    problems: dict[str, str] = {}
    email: str | None = None
    phone: str | None = None
    try:
        email, phone = read_recipient(request.form.get("to", ""))
    except ValueError:
        problems["to"] = _("Give an e-mail address, or a phone number with its country's code such as +39 333 1234567.")
    if request.form.get("accept_terms") != "yes":
        problems["accept_terms"] = _("Accept the terms to continue")
    if problems:
        return _render(cart, problems), HTTPStatus.UNPROCESSABLE_ENTITY
    known = {field.name for field in fields(payment_links.NewLink)}
    order = {name: value for name, value in vars(wanted_of(cart)).items() if name in known}
    new = payment_links.NewLink(**order, email=email, phone=phone, accept_terms=True)
    try:
        link = payment_links.create(new, actor=ACTOR)
    except InvalidFacts as invalid:
        cart.problems.update({fault.path: fault.message for fault in invalid.errors})
        return render_shelf(cart), HTTPStatus.UNPROCESSABLE_ENTITY
    except FieldRefused as refused:
        cart.problems[refused.field] = refused.reason
        return render_shelf(cart), HTTPStatus.UNPROCESSABLE_ENTITY
    address = f"{url_for('shop.link_sent', link_id=link.id)}?{urlencode(cart.query)}"
    return redirect(address, HTTPStatus.SEE_OTHER)


@blueprint.get("/link/sent/<link_id>")
def link_sent(link_id: str) -> ResponseReturnValue:
    """Say where the link went. Its address is nobody's but the recipient's."""
    cart = cart_of(request.args.to_dict())
    if not is_id("plink", link_id):
        abort(HTTPStatus.NOT_FOUND)
    link = payment_links.get_link(link_id)
    if link.created_by != ACTOR:
        abort(HTTPStatus.NOT_FOUND)
    return render_template("shop/link_sent.html", cart=cart, link=link, recipient=masked(link.email, link.phone))


@blueprint.get("/terms")
def terms() -> ResponseReturnValue:
    """A sample of terms, for a shop that has not configured its own."""
    cart = cart_of(request.args.to_dict())
    return render_template("checkout/terms.html", back=f"{url_for('shop.shelf')}?{urlencode(cart.query)}")


def _render(cart: Cart, problems: dict[str, str]) -> str:
    return render_template(
        "shop/by_link.html",
        cart=cart,
        problems=problems,
        to=request.form.get("to", ""),
        accepted=request.form.get("accept_terms") == "yes",
    )
