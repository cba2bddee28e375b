"""What a declared attribute may look like: every field checked, all faults told at once."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from app.services.errors import FieldsRefused
from rules import BUILT_IN, AttributeType

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
MAX_LABEL = 80
MAX_HELP = 300
MAX_CHOICES = 100
MAX_CHOICE = 80


def alike(label: str) -> str:
    """Return what two labels have in common that people read as one: "Café" may be written in several ways."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())


BUILT_IN_LABELS = frozenset(alike(attribute.label) for attribute in BUILT_IN)
WITH_CHOICES = (AttributeType.STRING, AttributeType.STRING_LIST)


@dataclass(frozen=True)
class Fields:
    """What a person writes of an attribute: `choices` None lets it take any value of its type."""

    label: str
    type: str
    choices: tuple[str, ...] | None = None
    help: str = ""


def checked(fields: Fields, faults: dict[str, str]) -> Fields:
    """Return the fields without needless blanks. Raises FieldsRefused with `faults` and every further one."""
    choices = fields.choices and tuple(filter(None, map(_tidy, fields.choices)))
    neat = replace(fields, label=_tidy(fields.label), help=_tidy(fields.help), choices=choices or None)
    found = dict(faults)
    if not neat.label:
        found["label"] = "Give it a name that people read, such as “VIP customer”."
    elif len(neat.label) > MAX_LABEL:
        found["label"] = f"Keep it to {MAX_LABEL} characters."
    elif not neat.label.isprintable():
        found["label"] = "Remove the characters that cannot be seen."
    elif alike(neat.label) in BUILT_IN_LABELS:
        found["label"] = f"A built-in attribute is called “{neat.label}”: choose another name."
    if len(neat.help) > MAX_HELP or not neat.help.isprintable():
        found["help"] = f"Write at most {MAX_HELP} visible characters."
    if neat.type not in list(AttributeType):
        found["type"] = "Choose one of the types."
    elif fault := _choices_fault(neat):
        found["choices"] = fault
    if found:
        raise FieldsRefused(found)
    return neat


def _choices_fault(fields: Fields) -> str | None:
    if fields.choices is None:
        return None
    if fields.type not in WITH_CHOICES:
        return "Only texts have choices: leave this empty, or choose another type."
    if len(fields.choices) > MAX_CHOICES:
        return f"Keep to {MAX_CHOICES} choices."
    for choice in fields.choices:
        if len(choice) > MAX_CHOICE:
            return f"Keep each choice to {MAX_CHOICE} characters: “{choice[:40]}…” is longer."
        if not choice.isprintable():
            return "Remove the characters that cannot be seen."
    twice = next((choice for choice in fields.choices if fields.choices.count(choice) > 1), None)
    return None if twice is None else f"“{twice}” is there twice: remove one."


def _tidy(text: str) -> str:
    return " ".join(text.split())
