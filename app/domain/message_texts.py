"""Wordings with {{ placeholders }}: checked, filled in, and measured as text messages are charged."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import ceil

_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")
# The alphabet that a text message carries in 7 bits (3GPP TS 23.038), and what takes two places in it.
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_PLAIN = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "\u2009": " ", "…": "...", "–": "-", "—": "-"}
    | dict.fromkeys("“”„", '"')
    | dict.fromkeys("‘’‚", "'")
)
_GSM_TWICE = set("^{}\\[~]|€\f")


@dataclass(frozen=True)
class SmsSize:
    """How a text message travels: `length` counts in units of `encoding`, `parts` are charged one by one."""

    encoding: str  # GSM-7 or UCS-2
    length: int
    parts: int


def problem_of(template: str, allowed: Collection[str]) -> str | None:
    """Return what is wrong with the placeholders of a wording, as a sentence with the fix; None when nothing is."""
    for found in _PLACEHOLDER.findall(template):
        name = found.strip()
        if name in allowed:
            continue
        near = get_close_matches(name, allowed, 1)
        fix = f"Did you mean {{{{ {near[0]} }}}}?" if near else f"Use one of {', '.join(sorted(allowed))}."
        return f"{{{{ {name[:40]} }}}} is not known here. {fix}"
    rest = _PLACEHOLDER.sub("", template)
    if "{{" in rest or "}}" in rest:
        return "A placeholder has two braces on each side, such as {{ merchant }}."
    return None


def names_in(template: str) -> set[str]:
    """Return the names of the placeholders that a wording holds."""
    return {found.strip() for found in _PLACEHOLDER.findall(template)}


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return the wording with its values, as plain text; what stands in a value is never read as a placeholder.

    A line that speaks of something there is no value for is left out, and so is a paragraph without a line.
    """
    paragraphs = _PARAGRAPHS.split(template.replace("\r\n", "\n").strip())
    told = [[line for line in each.split("\n") if all(map(values.get, names_in(line)))] for each in paragraphs]
    return "\n\n".join(_insert("\n".join(lines), values) for lines in told if lines)


def filled_line(template: str, values: Mapping[str, str]) -> str:
    """Return a wording of one line with its values; whatever they hold, it stays one line."""
    return plain(_insert(template, values), 200)


def plain(text: str, most: int) -> str:
    """Return a value from outside as words in one line: no control characters, at most `most` characters."""
    kept = "".join(_kept(each) for each in text[: most * 4])
    words = re.sub(" {2,}", " ", kept).strip()
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def for_sms(text: str) -> str:
    """Return text with the marks of typography made plain: one of them would double the price of the message."""
    return text.translate(_PLAIN)


def sms_size(text: str) -> SmsSize:
    """Return how long a text message is, and how many parts are charged for it."""
    if all(each in _GSM or each in _GSM_TWICE for each in text):
        length = sum(2 if each in _GSM_TWICE else 1 for each in text)
        return SmsSize("GSM-7", length, 1 if length <= 160 else ceil(length / 153))
    length = len(text.encode("utf-16-le")) // 2
    return SmsSize("UCS-2", length, 1 if length <= 70 else ceil(length / 67))


def _kept(character: str) -> str:
    """Return what becomes of a character: line breaks and the like are blanks, invisible marks are dropped."""
    category = unicodedata.category(character)
    return " " if category in ("Cc", "Zl", "Zp") else "" if category == "Cf" else character


def _insert(template: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values.get(found[1].strip(), ""), template)
