"""What a hub that cannot take a payment yet needs, in three steps."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from admin.roles import may
from app.services import accounts, rule_sets
from app.services.errors import NoActiveRules


@dataclass(frozen=True)
class Step:
    """One step; `url` is where it is done, None for somebody who may not."""

    words: str
    link: str
    url: str | None
    is_done: bool


def first_steps() -> list[Step]:
    """Return the three steps while no account is switched on; none for a hub that has one."""
    found = accounts.all_accounts()
    if any(account.enabled for account in found):
        return []
    where = url_for("admin_providers.details", account_id=found[0].id) if found else url_for("admin_providers.index")
    return [
        Step(
            "With the keys that your payment provider shows you.",
            "Add an account",
            url_for("admin_providers.new") if may("providers.edit") else None,
            bool(found),
        ),
        Step(
            "Test the connection, give the provider the webhook address that stands there, then switch the account on.",
            "Connect it",
            where if may("providers.view") else None,
            False,
        ),
        Step(
            "Name the account beside each method that it is to carry, and publish.",
            "Write the rules",
            url_for("admin_rules.index") if may("rules.view") else None,
            _has_rules(),
        ),
    ]


def _has_rules() -> bool:
    try:
        rule_sets.active_number()
    except NoActiveRules:
        return False
    return True
