"""What a service announces about itself at /v1/capabilities, read strictly and kept with the account's settings."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from providers.interface import Capabilities, MethodCapability
from providers.origin import origin_of
from providers.protocol import fields

FLOWS = frozenset({"direct", "pay_by_link", "subscription"})
VERBS = ("refunds", "partial_refunds", "cancel", "subscriptions", "reports")
METHOD = re.compile(r"[a-z][a-z0-9_]{0,39}")
CURRENCY, COUNTRY = re.compile(r"[A-Z]{3}"), re.compile(r"[A-Z]{2}")
MOST_METHODS, MOST_CODES, MOST_ORIGINS = 100, 300, 10
MOST_AMOUNT = 999_999_999_999
LONGEST_KEPT = 100_000  # characters of JSON

T = TypeVar("T")


class NotAnnounced(ValueError):
    """What a service announced cannot be used: a sentence that names the field."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What a service said: its name, whether real money moves, what it can do, and where its pages are."""

    name: str
    live: bool
    capabilities: Capabilities
    page_origins: frozenset[str]


def keep(body: Mapping[str, Any]) -> str:
    """An announcement that was read, as it is kept. Raises: NotAnnounced when that would be too long."""
    kept = json.dumps(body, separators=(",", ":"))
    if len(kept) > LONGEST_KEPT:
        raise NotAnnounced(f"It announces more than {LONGEST_KEPT} characters.")
    return kept


@lru_cache(maxsize=64)
def kept(text: str) -> Announced | None:
    """What was kept; None when it is nothing of the kind."""
    try:
        return read(json.loads(text))
    except (ValueError, RecursionError):
        return None


def read(body: Any) -> Announced:
    """Read an announcement. Raises: NotAnnounced."""
    found = _mapping(body, "The announcement")
    methods = _mapping(found.get("methods"), "methods")
    if not 0 < len(methods) <= MOST_METHODS:
        raise NotAnnounced(f"methods must be from 1 to {MOST_METHODS}.")
    verbs = {verb: _boolean(found.get(verb, False), verb) for verb in VERBS}
    return Announced(
        name=_field(_name, found.get("name"), "name must be text of 1 to 255 printable characters."),
        live=_boolean(found.get("live"), "live"),
        capabilities=Capabilities(
            methods={_matching(METHOD, key, "methods"): _method(value, key) for key, value in methods.items()}, **verbs
        ),
        page_origins=_each(found.get("page_origins", []), "page_origins", MOST_ORIGINS, _origin),
    )


def _method(value: Any, key: str) -> MethodCapability:
    where = f"methods.{key}"
    found = _mapping(value, where)
    currencies = _codes(found.get("currencies"), CURRENCY, f"{where}.currencies")
    least = _limits(found.get("min_amount", {}), currencies, f"{where}.min_amount")
    most = _limits(found.get("max_amount", {}), currencies, f"{where}.max_amount")
    for currency in least.keys() & most.keys():
        if least[currency] > most[currency]:
            raise NotAnnounced(f"{where}: the least amount in {currency} is above the greatest.")
    flows = _each(found.get("flows"), f"{where}.flows", len(FLOWS), lambda flow, _: fields.name(flow))
    if not flows or not flows <= FLOWS:
        raise NotAnnounced(f"{where}.flows must be among {', '.join(sorted(FLOWS))}.")
    countries = _codes(found.get("countries"), COUNTRY, f"{where}.countries")
    return MethodCapability(currencies, countries, flows, least, most)


def _limits(value: Any, currencies: frozenset[str] | None, where: str) -> dict[str, int]:
    limits = _mapping(value, where)
    if len(limits) > MOST_CODES:
        raise NotAnnounced(f"{where} has more than {MOST_CODES} currencies.")
    for currency, amount in limits.items():
        _matching(CURRENCY, currency, where)
        if currencies is not None and currency not in currencies:
            raise NotAnnounced(f"{where} has {currency}, which is not among the currencies.")
        if not 0 < _field(fields.integer, amount, f"{where}.{currency} must be a whole number.") <= MOST_AMOUNT:
            raise NotAnnounced(f"{where}.{currency} must be from 1 to {MOST_AMOUNT} minor units.")
    return dict(limits)


def _codes(value: Any, pattern: re.Pattern[str], where: str) -> frozenset[str] | None:
    """Codes, or None for any."""
    if value is None:
        return None
    return _each(value, where, MOST_CODES, lambda code, at: _matching(pattern, code, at))


def _each(value: Any, where: str, most: int, one: Callable[[Any, str], str]) -> frozenset[str]:
    if not isinstance(value, list) or len(value) > most:
        raise NotAnnounced(f"{where} must be a list of at most {most}.")
    return frozenset(_field(lambda item: one(item, where), item, f"{where} must hold text.") for item in value)


def _name(value: Any) -> str:
    if not fields.name(value).isprintable():
        raise ValueError("expected a line of text")
    return str(value)


def _origin(value: Any, where: str) -> str:
    if origin_of(fields.text(value)) != value:
        raise NotAnnounced(f"{where} must hold origins such as https://pay.example, without a path.")
    return str(value)


def _matching(pattern: re.Pattern[str], value: Any, where: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise NotAnnounced(f"{where} has {str(value)[:20]!r}, which is no word or code for that.")
    return value


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise NotAnnounced(f"{where} must be a JSON object.")
    return value


def _boolean(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise NotAnnounced(f"{where} must be true or false.")
    return value


def _field(reader: Callable[[Any], T], value: Any, wanted: str) -> T:
    try:
        return reader(value)
    except NotAnnounced:
        raise
    except (TypeError, ValueError) as error:
        raise NotAnnounced(wanted) from error
