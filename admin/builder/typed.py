"""What people type into fields, read strictly: nothing is guessed, and what cannot be read is answered by the fix."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache

from babel import Locale

from rules import AttributeType
from rules.facts import COUNTRIES, CURRENCIES, MAX_INTEGER, is_iso_date
from rules.money import DECIMALS, major_units

LANGUAGES = ("en", "it", "de", "fr", "es", "nl")  # in which countries and currencies may be named, the first first
ALSO = {  # names that people use and no list of countries has
    "america": "US",
    "britain": "GB",
    "czech republic": "CZ",
    "emirates": "AE",
    "england": "GB",
    "great britain": "GB",
    "holland": "NL",
    "korea": "KR",
    "russian federation": "RU",
    "scotland": "GB",
    "uae": "AE",
    "uk": "GB",
    "usa": "US",
    "wales": "GB",
}
ALIKE = 0.78  # from here on a name may be another one mistyped: Itlay is 0.8 of Italy, Holland 0.77 of Poland
LONGEST = 30  # characters of a number
_BLANKS = "[ \u00a0\u2009\u202f]"
_AMOUNT = re.compile(rf"([0-9]{{1,3}}(?:{_BLANKS}[0-9]{{3}})+|[0-9]+)(?:([.,])([0-9]+))?", re.ASCII)
_BOTH_SIGNS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+", re.ASCII)
_WHOLE = re.compile(r"[+-]?[0-9]+", re.ASCII)


class Mistyped(ValueError):
    """A field that cannot be read; the message is a sentence with the fix."""


def read_amount(text: str, currency: str) -> int:
    """Return minor units: 50000 for ("500.00", "EUR") or ("500,00", "EUR"); 123456 for "1,234.56" and "1.234,56".

    One sign alone before three digits may be either sign, and is refused, unless it is how we write the amount
    ourselves ("1.234" dinars). Raises Mistyped.
    """
    if currency not in DECIMALS:
        raise Mistyped("Choose the currency.")
    decimals, example = DECIMALS[currency], shown_amount(125_000, currency)
    text = text.strip()
    if _BOTH_SIGNS.fullmatch(text):  # the last of the two stands before the decimals
        text = text.replace("," if text.rfind(".") > text.rfind(",") else ".", "")
    found = _AMOUNT.fullmatch(text)
    if found is None or len(text) > LONGEST:
        separators = ("." in text and "," in text) or text.count(".") > 1 or text.count(",") > 1
        why = "leave out the signs between thousands" if separators else "use digits only"
        raise Mistyped(f"Write the amount as in {example}: {why}.")
    whole, fraction = re.sub(_BLANKS, "", found[1]), found[3] or ""
    if found[2] == "," and len(fraction) == decimals == 3:
        raise Mistyped(f"Write the amount with a point before the decimals, as in {example}.")
    if len(fraction) > decimals:
        why = f"{currency} has {decimals} decimals" if decimals else f"{currency} has no decimals"
        raise Mistyped(f"{why}. Write the amount as in {example}, without a sign between thousands.")
    amount = int(whole + fraction.ljust(decimals, "0"))
    if amount > MAX_INTEGER:
        raise Mistyped("This amount is too large. Write a smaller one.")
    return amount


def shown_amount(amount: int, currency: str) -> str:
    """Return the text that `read_amount` reads back: "500.00" for (50000, "EUR")."""
    return f"{major_units(amount, currency):f}"


def read_number(text: str) -> int:
    """Return a whole number. Raises Mistyped."""
    if not _WHOLE.fullmatch(text.strip()) or len(text) > LONGEST:
        raise Mistyped("Write a whole number, such as 3.")
    return int(text)


def read_day(text: str) -> str:
    """Return a day as YYYY-MM-DD, the form in which browsers send it. Raises Mistyped."""
    text = text.strip()
    if not is_iso_date(text):
        raise Mistyped("Write the day as in 2026-01-31: year, month, day.")
    return text


def split_list(text: str) -> list[str]:
    """Return the parts between commas; one in double quotes may hold a comma itself."""
    try:
        rows = list(csv.reader([text.replace("\n", ",")], skipinitialspace=True))
    except csv.Error:  # a field longer than the reader takes
        rows = [text.split(",")]
    return [part.strip() for row in rows for part in row if part.strip()]


def read_names(text: str, type_: AttributeType) -> tuple[list[str], list[str]]:
    """Return the codes of the countries or currencies named, and the names that are none."""
    known = _codes(type_)
    read: list[str] = []
    unknown: list[str] = []
    for part in split_list(text):
        code = known.get(_plain(part))
        if code is None:
            unknown.append(part)
        elif code not in read:
            read.append(code)
    return read, unknown


def not_known(names: list[str], type_: AttributeType) -> str:
    """Return a sentence about names that `read_names` did not know, with what may have been meant."""
    what = "country" if type_ is AttributeType.COUNTRY else "currency"
    example = "such as Italy or IT" if type_ is AttributeType.COUNTRY else "such as Euro or EUR"
    name = names[0]
    # Similarity is costly: of a long text, which is no name anyway, only the beginning is compared.
    close = get_close_matches(_plain(name[:40]), _codes(type_), n=1, cutoff=ALIKE)
    if close:
        return f"There is no {what} “{name[:40]}”. Did you mean {labels(type_)[_codes(type_)[close[0]]]}?"
    return f"There is no {what} “{name[:40]}”. Write its name or its code, {example}."


@cache
def labels(type_: AttributeType) -> Mapping[str, str]:
    """Return the English name of each country or currency by its code, in order of name."""
    locale = Locale(LANGUAGES[0])
    names = locale.territories if type_ is AttributeType.COUNTRY else locale.currencies
    codes = COUNTRIES if type_ is AttributeType.COUNTRY else CURRENCIES
    return dict(sorted(((code, str(names.get(code, code))) for code in codes), key=lambda pair: _plain(pair[1])))


@cache
def _codes(type_: AttributeType) -> dict[str, str]:
    """Return code by every way to write it: the code itself, then its name in each language."""
    codes = labels(type_)
    known = {_plain(code): code for code in codes}
    for language in LANGUAGES:
        locale = Locale(language)
        names = locale.territories if type_ is AttributeType.COUNTRY else locale.currencies
        for code in codes:
            if code in names:
                known.setdefault(_plain(names[code]), code)
    return known if type_ is AttributeType.CURRENCY else ALSO | known


def _plain(text: str) -> str:
    """Return a name as it is compared: without accents, capitals and punctuation."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(
        "".join(sign if sign.isalnum() else " " for sign in bare if not unicodedata.combining(sign)).split()
    )
