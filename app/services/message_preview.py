"""What a wording would look like as a message, filled with made-up values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import current_app

from app.domain.message_texts import SmsSize, sms_size
from app.domain.messages import SMS, Kind
from app.services.message_html import Part, parts_of
from app.services.message_voice import Voice, voice_for
from app.services.message_wording import Wording
from app.services.messages import words_of
from app.services.wording import method_labels

_NAMES = {"en": "Ada Lovelace", "it": "Ada Rossi", "de": "Ada Schneider"}
_REASONS = {"en": "The balance at the provider is too low.", "it": "Saldo insufficiente.", "de": "Guthaben zu gering."}


@dataclass(frozen=True)
class Preview:
    """A message as its reader sees it; `size` only of a text message."""

    title: str
    parts: list[Part]
    size: SmsSize | None


def preview(kind: Kind, channel: str, language: str, wording: Wording) -> Preview:
    """Return what `wording` says with the samples of its language; it must have passed its check."""
    words = words_of(wording, channel, samples(kind, language))
    if channel == SMS:
        return Preview("", [Part(words.body)], sms_size(words.body))
    return Preview(words.title, parts_of(words.body, words.action), None)


def samples(kind: Kind, language: str) -> dict[str, str]:
    """Return a made-up value for each placeholder of `kind`, as its language writes it."""
    config = current_app.config["JUNCTION"]
    voice = voice_for(language, config.merchant_timezone, kind.languages)
    page = "admin/payments/pay_01a2b3c4" if kind.for_operator else f"link/plink_{'01a2b3c4' * 4}.{'Xy12AbCd3' * 3}"
    days = {name: _day(voice, number) for number, name in enumerate(n for n in kind.names if n.endswith("_on"))}
    known = days | {
        "merchant": config.theme.name,
        "name": _NAMES[language],
        "amount": voice.money(12990, "EUR"),
        "reference": "ORD-1042",
        "method": method_labels(language)["card"],
        "interval": voice.interval("month", 1),
        "reason": _REASONS[language],
        "link": f"{config.public_url}/{page}",
    }
    return {name: known[name] for name in ("merchant", *kind.names)}


def _day(voice: Voice, number: int) -> str:
    return voice.day(date(2027, 1 + number, 28))
