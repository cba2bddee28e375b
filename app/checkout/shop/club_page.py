"""Subscribe: the coffee club's button, which opens a checkout session for a subscription as a shop's server would."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlencode

from email_validator import EmailNotValidError, validate_email
from flask import current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.checkout.shop.cart import Cart
from app.checkout.shop.club import EVERY, Plan, read_plan
from app.checkout.shop.pages import blueprint, cart_of, render_shelf, wanted_of
from app.services.sessions import NewSession
from app.services.subscriptions import NewSubscription, create


@blueprint.post("/subscribe")
def subscribe() -> ResponseReturnValue:
    """Open the session of the first parcel and go to its page; what is wrong is said beside the form."""
    fields = request.form.to_dict()
    cart, plan = cart_of(fields), read_plan(fields)
    try:
        validate_email(plan.member, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        cart.problems["member"] = _("Give an e-mail address, such as ada@example.com.")
    if cart.problems:
        return render_shelf(cart), HTTPStatus.UNPROCESSABLE_ENTITY
    session = create(_agreed(plan), _first(cart, plan), actor="shop")
    return redirect(url_for("checkout.show", session_id=session.id), HTTPStatus.SEE_OTHER)


def _agreed(plan: Plan) -> NewSubscription:
    every = EVERY[plan.every]
    return NewSubscription(
        interval_unit=every.unit,
        interval_count=every.number,
        total_payments=int(plan.parcels) if plan.parcels else None,
        collection=plan.charged_by,
    )


def _first(cart: Cart, plan: Plan) -> NewSession:
    """Return the session of the first parcel: the cart's customer, the club's price."""
    price = plan.price(cart.currency)
    wanted = wanted_of(cart)
    back = current_app.config["JUNCTION"].public_url + url_for("shop.back")
    return replace(
        wanted,
        amount=price,
        failure_url=f"{back}?{urlencode(cart.query | plan.query)}",
        customer=wanted.customer | {"email": plan.member},
        attributes=wanted.attributes | {"product_categories": ["physical"]},
        items=[{"name": _("A parcel of coffee beans"), "quantity": 1, "amount": price}],
    )
