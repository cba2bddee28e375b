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
    moved: str
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
        moved="The {named} moved from place {old} to place {new}.",
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
        moved="Spostata {named} dal posto {old} al posto {new}.",
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
        moved="{named} rückt von Stelle {old} an Stelle {new}.",
        renamed="{named} heißt jetzt „{name}“.",
        on="{named} ist eingeschaltet.",
        off="{named} ist ausgeschaltet.",
        changed="{named} ist geändert. Vorher: {before}. Jetzt: {after}.",
        unseen="{named} ist geändert, aber in einem Teil, den der Satz auslässt: {after}.",
    ),
}
