"""The languages that sentences about rules are written in; a language is one more file of words and one line here."""

from rules.phrases import ENGLISH, Phrases
from rules.phrases_de import GERMAN
from rules.phrases_it import ITALIAN

DEFAULT = "en"
LANGUAGES = {"en": "English", "it": "Italiano", "de": "Deutsch"}  # as their speakers call them
PHRASES: dict[str, Phrases] = {"en": ENGLISH, "it": ITALIAN, "de": GERMAN}


def spoken(*locales: str) -> str:
    """The language of the first of `locales` (such as "it-CH") that there are words for, else English."""
    languages = (locale.replace("-", "_").partition("_")[0].lower() for locale in locales)
    return next((language for language in languages if language in PHRASES), DEFAULT)
