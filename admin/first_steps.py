"""What a hub that cannot take a payment yet needs, in three steps."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from admin.roles import may
from app.services import accounts, provider_accounts


@dataclass(frozen=True)
class Step:
    """One step; `url` is where it is done, None for somebody who may not."""

    words: str
    link: str
    url: str | None
    is_done: bool


def first_steps() -> list[Step]:
    """Return the three steps while no account that is switched on is named by the rules; none for any other hub."""
    found = accounts.all_accounts()
    is_on = any(account.enabled for account in found)
    are_named = provider_accounts.are_named(account.id for account in found if account.enabled or not is_on)
    if is_on and are_named:
        return []
    where = url_for("admin_providers.details", account_id=found[0].id) if len(found) == 1 else None
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
            (where or url_for("admin_providers.index")) if may("providers.view") else None,
            is_on,
        ),
        Step(
            "Name the account beside each method that it is to carry, and publish.",
            "Write the rules",
            url_for("admin_rules.index") if may("rules.view") else None,
            are_named,
        ),
    ]
