"""The settings of refunds: above which amount a second person has to agree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.domain.money import DECIMALS, MAX_AMOUNT
from app.services import settings
from app.services.errors import FieldsRefused

KEY = "refunds"


@dataclass(frozen=True)
class RefundSettings:
    """`approval_above` holds minor units by currency; a currency that is not named needs no second person.

    The threshold is for all that a payment gives back: splitting a refund into small ones does not go round it.
    """

    approval_above: dict[str, int] = field(default_factory=dict)


def load() -> RefundSettings:
    """Return the settings in force."""
    return settings.load(KEY, RefundSettings(), _read)


def save(wanted: RefundSettings, *, revision: int, user: str) -> None:
    """Store the settings unless they changed since `revision`. Raises FieldsRefused, settings.SettingChanged."""
    faults = {}
    for currency, amount in wanted.approval_above.items():
        if currency not in DECIMALS:
            faults[f"approval_above.{currency}"] = "Use an active ISO 4217 code in capitals, such as EUR."
        elif not 0 <= amount <= MAX_AMOUNT:
            faults[f"approval_above.{currency}"] = f"Use 0 to {MAX_AMOUNT} minor units."
    if faults:
        raise FieldsRefused(faults)
    settings.save(KEY, wanted, revision=revision, user=user)


def _read(value: dict[str, Any]) -> RefundSettings:
    return RefundSettings({currency: int(amount) for currency, amount in value["approval_above"].items()})
