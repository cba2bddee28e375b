"""The words of differences between two rule sets, by language."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ChangePhrases:
    """Every template of one language; {named} is one of `subjects` with its name filled in."""

    subjects: Mapping[str, str]  # rule and adjustment, with a {name}; default
    added: str
    switched_off: str  # follows `added` where the new item is off
    removed: str
    up: str  # an item that moved; {other} is the next one that it passed
    down: str
    renamed: str
    on: str
    off: str
    changed: str
    unseen: str  # a change that both sentences leave out


CHANGES: dict[str, ChangePhrases] = {
    "en": ChangePhrases(
        subjects={"rule": "rule “{name}”", "adjustment": "adjustment “{name}”", "default": "default offer"},
        added="The {named} is new, at place {place}: {sentence}.",
        switched_off=" It is switched off.",
        removed="The {named} is removed: {sentence}.",
        up="The {named} moved up to place {place}, before the {other}.",
        down="The {named} moved down to place {place}, after the {other}.",
        renamed="The {named} is now named “{name}”.",
        on="The {named} is switched on.",
        off="The {named} is switched off.",
        changed="The {named} is changed. Before: {before}. Now: {after}.",
        unseen="The {named} is changed in a part that its sentence leaves out: {after}.",
    ),
    "it": ChangePhrases(
        subjects={
            "rule": "la regola «{name}»",
            "adjustment": "la rettifica «{name}»",
            "default": "l’offerta predefinita",
        },
        added="Nuova, al posto {place}, {named}: {sentence}.",
        switched_off=" È disattivata.",
        removed="Eliminata {named}: {sentence}.",
        up="Spostata in su {named}: al posto {place}, ora precede {other}.",
        down="Spostata in giù {named}: al posto {place}, ora segue {other}.",
        renamed="Ora {named} si chiama «{name}».",
        on="Attivata {named}.",
        off="Disattivata {named}.",
        changed="Modificata {named}. Prima: {before}. Ora: {after}.",
        unseen="Modificata {named} in una parte che la frase non mostra: {after}.",
    ),
    "de": ChangePhrases(
        subjects={"rule": "Regel „{name}“", "adjustment": "Anpassung „{name}“", "default": "Standardangebot"},
        added="{named} ist neu an Stelle {place}: {sentence}.",
        switched_off=" Ausgeschaltet.",
        removed="{named} ist entfernt: {sentence}.",
        up="{named} rückt nach oben an Stelle {place}, vor {other}.",
        down="{named} rückt nach unten an Stelle {place}, hinter {other}.",
        renamed="{named} heißt jetzt „{name}“.",
        on="{named} ist eingeschaltet.",
        off="{named} ist ausgeschaltet.",
        changed="{named} ist geändert. Vorher: {before}. Jetzt: {after}.",
        unseen="{named} ist geändert, aber in einem Teil, den der Satz auslässt: {after}.",
    ),
}
