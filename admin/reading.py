"""The language that a person reads the rules in: remembered by their browser, else what the browser asks for."""

from __future__ import annotations

from flask import g, request

from admin import formats
from app.services import wording
from rules import Describer
from rules.languages import DEFAULT, LANGUAGES, spoken

LANGUAGE_COOKIE = "backoffice_rules_language"


def language() -> str:
    """Return the code of the language in which this page shows rules, for the `lang` of its sentences."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return chosen if chosen in LANGUAGES else spoken(*request.accept_languages.values())


def locale() -> str:
    """Return the locale in which this page writes sentences and the days in them."""
    chosen = language()
    return formats.LOCALE if chosen == DEFAULT else chosen


def describer() -> Describer:
    """Return what writes rules and facts in the reader's language, made once a request."""
    if "describer" not in g:
        g.describer = wording.describer(locale())
    made: Describer = g.describer
    return made
