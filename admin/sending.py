"""How a shop sends an attribute, as the line of JSON that it would write."""

from __future__ import annotations

import json

from app.models import OwnAttribute

EXAMPLES: dict[str, object] = {
    "string": "gold",
    "string_list": ["gold", "early"],
    "boolean": True,
    "integer": 3,
    "money": 4990,
    "country": "IT",
    "currency": "EUR",
    "date": "2027-01-31",
}
NOTES = {
    "money": "A whole number in the smallest unit of the session's currency: 4990 is 49.90 EUR.",
    "country": "Two capital letters, as in ISO 3166.",
    "currency": "Three capital letters, as in ISO 4217.",
    "date": "Year, month and day.",
    "string_list": "At most 50 texts.",
}


def snippet_of(row: OwnAttribute) -> tuple[str, str]:
    """Return the part of a session's body that carries the attribute, and what to mind; the note may be empty."""
    example = EXAMPLES[row.type]
    if row.choices:
        example = row.choices[:2] if row.type == "string_list" else row.choices[0]
    return f'"attributes": {json.dumps({row.key: example}, ensure_ascii=False)}', NOTES.get(row.type, "")
