"""What may be refused about the merchant's own attributes, beyond a wrong field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.services.errors import Refusal

NAMED = 3  # places in one sentence


@dataclass
class AttributeChanged(Refusal):
    """Somebody else changed it since the caller read it."""

    label: str
    code = "attribute_changed"

    @property
    def message(self) -> str:
        return (
            f"Somebody changed “{self.label}” after you opened it. Nothing was overwritten: "
            "look at it as it is now, then make your change again."
        )


@dataclass
class AttributeInUse(Refusal):
    """It is named in `where`, or sessions carry it."""

    label: str
    where: tuple[str, ...]
    carried_at: datetime | None
    code = "attribute_in_use"

    @property
    def message(self) -> str:
        more = [f"{len(self.where) - NAMED} more"] if len(self.where) > NAMED else []
        reasons = [f"it is named by {', '.join([*self.where[:NAMED], *more])}"] if self.where else []
        if self.carried_at is not None:
            reasons.append(f"sessions have carried it since {self.carried_at:%Y-%m-%d}")
        return f"“{self.label}” is in use: {' and '.join(reasons)}. Keep its type; when it is not needed, retire it."


@dataclass
class RulesOutdated(Refusal):
    """An attribute that the rules test was removed or changed while they were being tried."""

    keys: tuple[str, ...]
    code = "rules_outdated"

    @property
    def message(self) -> str:
        return (
            f"{', '.join(self.keys[:NAMED])} changed while these rules were being tried. Nothing was published: "
            "check the rules again."
        )
