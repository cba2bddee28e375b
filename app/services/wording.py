"""Rules in words for one reader: the catalogue, methods and accounts under the names that people know."""

from __future__ import annotations

from flask_babel import force_locale, gettext

from app.domain.methods import LABELS
from app.services import accounts
from app.services.catalogue import catalogue
from rules import Describer
from rules.languages import spoken


def method_labels(language: str) -> dict[str, str]:
    """Return what people who speak `language` call each payment method; the checkout page calls them so too."""
    with force_locale(spoken(language)):
        return {method: gettext(label) for method, label in LABELS.items()}


def describer(locale: str = "en") -> Describer:
    """Return what writes rules in the language of `locale`, in English where there are no words for it.

    Reads the database in the caller's transaction: release it before describing many rules.
    """
    return Describer(catalogue(), method_labels(locale), accounts.labels(), locale)
