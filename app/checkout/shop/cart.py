"""The cart: kept in the page's address alone, so that it needs no cookie, no script and no table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from flask_babel import gettext as _

from app.checkout.shop.goods import (
    CHANNELS,
    COUNTRIES,
    CUSTOMER_TYPES,
    DEVICES,
    LOCALES,
    PRODUCTS,
    RATES,
    Product,
)
from app.domain.money import DECIMALS, MAX_AMOUNT, from_decimal

MOST = 9  # of one product
FIRST_CART = {"lantern": "1", "moka": "1"}


@dataclass(frozen=True)
class Cart:
    """A customer and what they buy; `extra` is an amount of their own, `problems` what is wrong by field."""

    country: str = "IT"
    customer_type: str = "consumer"
    channel: str = "online"
    device: str = "desktop"
    currency: str = "EUR"
    lang: str = "en"
    returning: bool = False
    quantities: dict[str, int] = field(default_factory=dict)
    extra_text: str = ""
    extra: int = 0
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> list[dict[str, object]]:
        """The items of a session: {name, quantity, amount}, `amount` in minor units for one piece."""
        lines: list[dict[str, object]] = [
            {"name": str(product.name), "quantity": count, "amount": price(product, self.currency)}
            for product, count in self._chosen()
        ]
        if self.extra:
            lines.append({"name": _("Something of your own"), "quantity": 1, "amount": self.extra})
        return lines

    @property
    def total(self) -> int:
        """The whole cart in minor units of its currency."""
        return sum(price(product, self.currency) * count for product, count in self._chosen()) + self.extra

    @property
    def categories(self) -> list[str]:
        """Every category in the cart, in the order of the shelf; an amount of one's own is something shipped."""
        found = [product.category for product, _count in self._chosen()] + (["physical"] if self.extra else [])
        return list(dict.fromkeys(found))

    @property
    def query(self) -> dict[str, str]:
        """The cart as query parameters; `read_cart` reads them back."""
        own = {name: getattr(self, name) for name in ("country", "customer_type", "channel", "device", "currency")}
        counts = {key: str(count) for key, count in self.quantities.items() if count}
        extra = {"extra": self.extra_text} if self.extra_text else {}
        return own | {"lang": self.lang} | ({"returning": "yes"} if self.returning else {}) | counts | extra

    def _chosen(self) -> list[tuple[Product, int]]:
        return [(product, self.quantities[product.id]) for product in PRODUCTS if self.quantities.get(product.id)]


def price(product: Product, currency: str) -> int:
    """Return the price of one piece in minor units, on a round tenth where the currency has decimals."""
    whole = Decimal(product.euros) / 100 * Decimal(RATES[currency])
    rounded = whole.quantize(Decimal("0.1")) if DECIMALS[currency] else whole.quantize(Decimal("1"))
    return int(rounded.scaleb(DECIMALS[currency]))


def read_cart(args: Mapping[str, str], lang: str) -> Cart:
    """Read a cart from form fields; a field that is missing has its usual value, a wrong one a problem."""
    problems: dict[str, str] = {}

    def one_of(name: str, choices: object, usual: str) -> str:
        value = args.get(name, usual)
        assert isinstance(choices, (dict, tuple))
        if value not in choices:
            problems[name] = _("Choose one of the list.")
            return usual
        return value

    currency = one_of("currency", RATES, "EUR")
    extra_text = args.get("extra", "").strip()[:20]
    extra = _read_extra(extra_text, currency, problems)
    return Cart(
        country=one_of("country", COUNTRIES, "IT"),
        customer_type=one_of("customer_type", CUSTOMER_TYPES, "consumer"),
        channel=one_of("channel", CHANNELS, "online"),
        device=one_of("device", DEVICES, "desktop"),
        currency=currency,
        lang=args["lang"] if args.get("lang") in LOCALES else lang,
        returning=args.get("returning") == "yes",
        quantities={product.id: _read_count(args, product.id, problems) for product in PRODUCTS},
        extra_text=extra_text,
        extra=extra,
        problems=problems,
    )


def _read_count(args: Mapping[str, str], name: str, problems: dict[str, str]) -> int:
    text = args.get(name, "").strip() or "0"
    if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= MOST:
        step = (args.get("more") == name) - (args.get("less") == name)
        return min(max(int(text) + step, 0), MOST)
    problems[name] = _("Give a whole number from 0 to %(most)d.", most=MOST)
    return 0


def _read_extra(text: str, currency: str, problems: dict[str, str]) -> int:
    if not text:
        return 0
    try:
        amount = from_decimal(text.replace(",", "."), currency)
    except ValueError:
        amount = -1
    if 0 <= amount <= MAX_AMOUNT // 2:
        return amount
    example = "1250" if DECIMALS[currency] == 0 else "12.50"
    problems["extra"] = _("Give an amount in %(currency)s, such as %(example)s.", currency=currency, example=example)
    return 0
