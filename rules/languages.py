"""The languages that sentences about rules are written in; a language is one more file of words and one line here."""

from rules.phrases import ENGLISH, Phrases
from rules.phrases_de import GERMAN
from rules.phrases_it import ITALIAN

DEFAULT = "en"
PHRASES: dict[str, Phrases] = {"en": ENGLISH, "it": ITALIAN, "de": GERMAN}


def spoken(locale: str) -> str:
    """The language of `locale` (such as "it-CH") when there are words for it, else English."""
    language = locale.replace("-", "_").partition("_")[0].lower()
    return language if language in PHRASES else DEFAULT
