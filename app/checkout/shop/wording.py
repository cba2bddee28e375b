"""Names the sample shop shows: countries, and its presets as links."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from babel import Locale
from flask import url_for

from app.checkout.languages import language
from app.checkout.shop.cart import Cart, read_cart
from app.checkout.shop.goods import PRESETS


@dataclass(frozen=True)
class PresetLink:
    """One customer to play; `chosen` when the cart is exactly theirs."""

    name: str
    about: str
    url: str
    chosen: bool


def country_name(code: str) -> str:
    """Return a country's name in the language of the page."""
    return str(Locale(language()).territories[code])


def preset_links(cart: Cart) -> list[PresetLink]:
    """Return every preset as a link to the shop with its cart."""
    return [
        PresetLink(
            str(preset.name),
            str(preset.about),
            f"{url_for('shop.shelf')}?{urlencode(preset.query)}",
            read_cart(preset.query, "en").query == cart.query,
        )
        for preset in PRESETS
    ]
