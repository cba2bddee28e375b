"""The API for merchants and provider webhooks, at /v1."""

from __future__ import annotations

from flask import Flask

from app.api import (
    docs,
    drafts,
    health,
    payment_links,
    payments,
    reconciliation,
    refunds,
    renewals,
    replays,
    rules,
    sessions,
    subscriptions,
    webhook_endpoints,
    webhooks,
)
from app.api.spec import init_spec
from app.security import csrf


def register_api(app: Flask) -> None:
    """Add /v1, /docs, /healthz, /readyz and /metrics; bearer keys, not cookies, carry authority there."""
    api = init_spec(app)
    for part in (
        sessions,
        payments,
        payment_links,
        refunds,
        subscriptions,
        renewals,
        rules,
        drafts,
        replays,
        reconciliation,
        webhook_endpoints,
    ):
        api.register_blueprint(part.blueprint)
        csrf.exempt(part.blueprint)
    for part in (webhooks, health, docs):
        app.register_blueprint(part.blueprint)
        csrf.exempt(part.blueprint)
