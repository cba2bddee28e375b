"""How a message speaks: amounts, days and intervals as its reader's language writes them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date

from app.domain.locales import known_locale
from app.domain.messages import DEFAULT_LANGUAGE
from app.domain.money import format_money

_INTERVALS: dict[str, dict[str, tuple[str, str]]] = {
    "en": {
        "day": ("every day", "every {} days"),
        "week": ("every week", "every {} weeks"),
        "month": ("every month", "every {} months"),
        "year": ("every year", "every {} years"),
    },
    "it": {
        "day": ("ogni giorno", "ogni {} giorni"),
        "week": ("ogni settimana", "ogni {} settimane"),
        "month": ("ogni mese", "ogni {} mesi"),
        "year": ("ogni anno", "ogni {} anni"),
    },
    "de": {
        "day": ("jeden Tag", "alle {} Tage"),
        "week": ("jede Woche", "alle {} Wochen"),
        "month": ("jeden Monat", "alle {} Monate"),
        "year": ("jedes Jahr", "alle {} Jahre"),
    },
}


@dataclass(frozen=True)
class Voice:
    """`language` chooses the words, `locale` the formats, `zone` the day it is."""

    language: str
    locale: Locale
    zone: ZoneInfo

    def money(self, amount: int, currency: str) -> str:
        """Return minor units of a currency, e.g. "129,90 €" for a German."""
        return format_money(amount, currency, str(self.locale))

    def day(self, at: datetime | date | None) -> str:
        """Return e.g. "31 January 2027"; empty for None."""
        if at is None:
            return ""
        local = at.astimezone(self.zone) if isinstance(at, datetime) else at
        return str(format_date(local, "long", locale=self.locale))

    def interval(self, unit: str, count: int) -> str:
        """Return e.g. "every 3 months"."""
        one, many = _INTERVALS[self.language][unit]
        return one if count == 1 else many.format(count)


def voice_for(wanted: str, zone: str, languages: Collection[str]) -> Voice:
    """Return the voice for a locale such as `de-AT`: English where there are no words for it."""
    locale = known_locale(wanted)
    if locale is None or locale.language not in languages:
        locale = Locale(DEFAULT_LANGUAGE)
    return Voice(locale.language, locale, ZoneInfo(zone))
