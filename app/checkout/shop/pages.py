"""The pages of the sample shop: the shelf with its cart, the way to the checkout, and the two ways back."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from urllib.parse import urlencode

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.checkout.languages import DEFAULT, LANGUAGES, language, speak
from app.checkout.shop import club, goods
from app.checkout.shop.cart import FIRST_CART, MOST, Cart, price, read_cart
from app.checkout.shop.wording import country_name, preset_links
from app.domain.money import MAX_AMOUNT
from app.security import csrf
from app.services.errors import FieldRefused
from app.services.sessions import NewSession, open_session
from rules import InvalidFacts

blueprint = Blueprint("shop", __name__, url_prefix="/shop", template_folder="../templates")
# The cart comes with the form and belongs to nobody: a foreign page could only open a session of its own here.
csrf.exempt(blueprint)


@blueprint.get("")
def shelf() -> ResponseReturnValue:
    """The shop, with the cart that the address says, or a first one to begin with."""
    fields = request.args.to_dict()
    return render_shelf(cart_of(fields if fields.keys() - {"lang"} else FIRST_CART | fields))


@blueprint.get("/cart")
def back() -> ResponseReturnValue:
    """The customer is back without having paid: the same cart is still there."""
    return render_shelf(cart_of(request.args.to_dict()), unpaid=True)


@blueprint.get("/thanks")
def thanks() -> ResponseReturnValue:
    """The customer is back after paying. The shop says thank you; the checkout's own page says what was paid."""
    cart = cart_of(request.args.to_dict())
    return render_template("shop/thanks.html", cart=cart)


@blueprint.post("/checkout")
def check_out() -> ResponseReturnValue:
    """Open a checkout session for the cart, as a shop's server would by the API, and go to its page."""
    cart = cart_of(request.form.to_dict())
    if cart.problems or not 0 < cart.total <= MAX_AMOUNT:
        return render_shelf(cart, empty=cart.total == 0), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        session = open_session(wanted_of(cart), actor="shop")
    except InvalidFacts as invalid:
        cart.problems.update({fault.path: fault.message for fault in invalid.errors})
        return render_shelf(cart), HTTPStatus.UNPROCESSABLE_ENTITY
    except FieldRefused as refused:
        cart.problems[refused.field] = refused.reason
        return render_shelf(cart), HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for("checkout.show", session_id=session.id), HTTPStatus.SEE_OTHER)


def wanted_of(cart: Cart) -> NewSession:
    """Return what a shop asks for a cart, with a new order number."""
    base = current_app.config["JUNCTION"].public_url
    return NewSession(
        amount=cart.total,
        currency=cart.currency,
        reference=f"AUR-{secrets.randbelow(900_000) + 100_000}",
        success_url=base + url_for("shop.thanks", lang=cart.lang),
        failure_url=f"{base}{url_for('shop.back')}?{urlencode(cart.query)}",
        locale=cart.lang,
        customer={"country": cart.country, "type": cart.customer_type, "returning": cart.returning},
        attributes={"channel": cart.channel, "device": cart.device, "product_categories": cart.categories},
        items=cart.lines,
    )


def cart_of(fields: dict[str, str]) -> Cart:
    """Read the cart, and speak its customer's language from here on: the wanted one, else the browser's."""
    lang = fields.get("lang", "")
    speak(lang if lang in goods.LOCALES else _preferred())
    return read_cart(fields, language())


def _preferred() -> str:
    return request.accept_languages.best_match(LANGUAGES) or DEFAULT


def render_shelf(cart: Cart, *, unpaid: bool = False, empty: bool = False) -> str:
    """Render the shop; `unpaid` when the customer came back without paying, `empty` when there is nothing to pay."""
    return render_template(
        "shop/shelf.html",
        cart=cart,
        goods=goods,
        club=club,
        plan=club.read_plan(request.values),
        price=price,
        most=MOST,
        presets=preset_links(cart),
        countries=sorted(((code, country_name(code)) for code in goods.COUNTRIES), key=lambda pair: pair[1]),
        currencies=[(code, code) for code in goods.RATES],
        unpaid=unpaid,
        empty=empty,
    )
