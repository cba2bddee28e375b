"""What the sample shop sells, in which currencies, and the customers it offers to play."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString


@dataclass(frozen=True)
class Product:
    """One product; `euros` is its price in cents, `category` one of the rules' product categories."""

    id: str
    name: LazyString
    category: str
    euros: int


PRODUCTS: tuple[Product, ...] = (
    Product("moka", _l("Moka pot"), "physical", 34_90),
    Product("lantern", _l("Enamel lantern"), "physical", 89_90),
    Product("grinder", _l("Coffee grinder"), "physical", 249_00),
    Product("machine", _l("Office espresso machine"), "physical", 1_890_00),
    Product("map", _l("Trail maps to download"), "digital", 14_90),
    Product("course", _l("Barista evening"), "services", 65_00),
    Product("voucher", _l("Gift card"), "gift_cards", 50_00),
    Product("weekend", _l("Weekend by the lake"), "travel", 420_00),
)
CATEGORIES: dict[str, LazyString] = {
    "physical": _l("Shipped to you"),
    "digital": _l("Digital"),
    "services": _l("Service"),
    "gift_cards": _l("Gift card"),
    "travel": _l("Travel"),
}
# How many of a currency's units one euro buys, rounded: a sample shop has no exchange desk.
RATES: dict[str, str] = {
    "EUR": "1",
    "CHF": "0.95",
    "GBP": "0.86",
    "USD": "1.09",
    "SEK": "11.3",
    "PLN": "4.3",
    "JPY": "163",
    "KWD": "0.33",
}
COUNTRIES = ("IT", "DE", "AT", "CH", "FR", "ES", "NL", "BE", "SE", "PL", "GB", "US", "JP", "KW")
CHANNELS: dict[str, LazyString] = {
    "online": _l("Online"),
    "in_store": _l("In the store"),
    "phone": _l("By phone"),
    "app": _l("In the app"),
}
CUSTOMER_TYPES: dict[str, LazyString] = {"consumer": _l("Consumer"), "business": _l("Business")}
DEVICES: dict[str, LazyString] = {"desktop": _l("Computer"), "mobile": _l("Phone"), "tablet": _l("Tablet")}
LOCALES: dict[str, str] = {
    "en": "English",
    "it": "Italiano",
    "de": "Deutsch",
    "de-AT": "Deutsch (Österreich)",
    "de-CH": "Deutsch (Schweiz)",
    "nl": "English, Nederlandse notatie",
    "fr": "English, notation française",
    "ja": "English, 日本語表記",
}


@dataclass(frozen=True)
class Preset:
    """A customer to play: a name, a line about them, and the cart as query parameters."""

    name: LazyString
    about: LazyString
    query: dict[str, str]


PRESETS: tuple[Preset, ...] = (
    Preset(
        _l("Italian consumer"),
        _l("A lantern and a moka pot, online"),
        {"country": "IT", "lang": "it", "lantern": "1", "moka": "1"},
    ),
    Preset(
        _l("German business"),
        _l("An espresso machine for the office"),
        {"country": "DE", "lang": "de", "customer_type": "business", "machine": "1"},
    ),
    Preset(
        _l("In-store in Milan"),
        _l("At the counter, bag in hand"),
        {"country": "IT", "lang": "it", "channel": "in_store", "moka": "2"},
    ),
    Preset(_l("Dutch buyer"), _l("Pays as people do at home"), {"country": "NL", "lang": "nl", "lantern": "1"}),
    Preset(_l("High value"), _l("Three machines for a café"), {"country": "IT", "lang": "en", "machine": "3"}),
    Preset(
        _l("In instalments"),
        _l("A grinder, paid bit by bit"),
        {"country": "IT", "lang": "it", "grinder": "1", "moka": "1"},
    ),
    Preset(_l("Digital only"), _l("Maps, wanted this minute"), {"country": "FR", "lang": "fr", "map": "2"}),
    Preset(
        _l("A present"),
        _l("Gift cards, paid in pounds"),
        {"country": "GB", "lang": "en", "currency": "GBP", "voucher": "2"},
    ),
    Preset(
        _l("Known, on the phone"),
        _l("Came back for another pot"),
        {"country": "IT", "lang": "it", "device": "mobile", "returning": "yes", "moka": "1"},
    ),
    Preset(
        _l("Swiss francs"),
        _l("Prices in another currency"),
        {"country": "CH", "lang": "de-CH", "currency": "CHF", "lantern": "1"},
    ),
)
