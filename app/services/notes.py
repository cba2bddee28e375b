"""Notes: what a person found and did, in their own words."""

from __future__ import annotations

from app.services.errors import FieldRefused
from app.services.texts import is_storable

LONGEST = 1000  # characters


def read(note: str, field: str = "note", longest: int = LONGEST) -> str:
    """Return the text without blanks around it. Raises FieldRefused when it is empty, too long or cannot be stored."""
    text = note.strip()
    if not text:
        raise FieldRefused(field, "is missing. Say in a few words what you found, for whoever looks at this later.")
    if len(text) > longest or not is_storable(text):
        raise FieldRefused(field, f"must be readable text of at most {longest} characters.")
    return text
