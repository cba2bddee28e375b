"""The customer's language: the words come in English, Italian or German, the formats in any locale Babel knows."""

from __future__ import annotations

from babel import Locale
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, get_locale, refresh

from app.domain.locales import known_locale

LANGUAGES = {"en": "English", "it": "Italiano", "de": "Deutsch"}
DEFAULT = "en"
IN_ENGLISH = ("/admin", "/v1", "/docs")  # for operators and developers
_babel = Babel()


def init_languages(app: Flask) -> None:
    """Choose the language of every page of the application; the backoffice stays in English."""
    _babel.init_app(app, default_translation_directories="checkout/translations", locale_selector=_select)


def speak(locale: str) -> None:
    """Show the rest of this request's page in `locale` (BCP 47), whatever the browser asks for."""
    g.wanted_locale = locale
    refresh()


def language() -> str:
    """Return the language of this page's words."""
    return get_locale().language if has_request_context() else DEFAULT


def text_direction() -> str:
    """Return the direction of this page's words, ltr or rtl."""
    return str(Locale(language()).text_direction)


def format_locale() -> Locale:
    """Return the locale of this page's amounts and dates: the wanted one when Babel knows it, else the words'."""
    return known_locale(_wanted()) or Locale(language())


def _wanted() -> str:
    if "wanted_locale" in g:
        return str(g.wanted_locale)
    return request.accept_languages.best_match(LANGUAGES) or DEFAULT


def _select() -> str:
    if not has_request_context() or request.path.startswith(IN_ENGLISH):
        return DEFAULT
    known = known_locale(_wanted())
    return known.language if known is not None and known.language in LANGUAGES else DEFAULT
