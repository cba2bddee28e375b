"""Setup: brings an empty database to a hub that can be used, and changes nothing in one that already is."""

from __future__ import annotations

from flask import current_app
from sqlalchemy import func, select

from app.models import ProviderAccount, RuleSetVersion, db
from app.services import api_keys, attempts, rule_sets, users
from app.services.accounts import encrypt
from app.services.provider_accounts import MANAGED, SANDBOX
from app.services.transaction import transaction
from providers.sandbox.accounts import api_key, webhook_secret
from rules import seed_json

SEED_AUTHOR = "Junction"


def set_up() -> None:
    """Create what is missing: API key, operator, sandbox accounts (in a demo), and the first rule set."""
    config = current_app.config["JUNCTION"]
    api_keys.ensure_configured_key(config.api_key)
    users.ensure_operator(config.admin_email, config.admin_password)
    if config.demo:
        _sandbox_accounts()
        if not db.session.scalar(select(func.count()).select_from(RuleSetVersion)):
            rule_sets.publish(seed_json(), author=SEED_AUTHOR, note="The rules that a new hub begins with.")
    db.session.rollback()
    attempts.check_all_now()


def _sandbox_accounts() -> None:
    """Keep the sandbox accounts in step with where the sandbox runs and the keys it was given."""
    config = current_app.config["JUNCTION"]
    with transaction():
        for account_id, name in MANAGED.items():
            account = db.session.get(ProviderAccount, account_id)
            if account is None:
                account = ProviderAccount(id=account_id, provider=SANDBOX, label=name.capitalize())
                db.session.add(account)
            account.settings = {
                "base_url": config.sandbox_url,
                "public_url": config.sandbox_public_url,
                "account": name,
            }
            account.encrypted_secrets = encrypt(
                {
                    "api_key": api_key(name, config.sandbox_key),
                    "webhook_secret": webhook_secret(name, config.sandbox_webhook_secret),
                }
            )
