"""Columns and constraints, one noun a file; importing this package declares every table."""

from app.models.alerts import Alert
from app.models.api_keys import ApiKey
from app.models.attempts import IS_LIVE, PaymentAttempt
from app.models.base import Base, db, utc_now
from app.models.decisions import DecisionRecord
from app.models.draft_steps import DraftStep
from app.models.history import StatusChange
from app.models.idempotency import IdempotencyKey
from app.models.jobs import Job
from app.models.own_attributes import OwnAttribute
from app.models.payments import Payment
from app.models.provider_accounts import ProviderAccount
from app.models.refunds import Refund
from app.models.replays import Replay
from app.models.rule_set_drafts import RuleSetDraft
from app.models.rule_sets import ActivationKind, RuleSetActivation, RuleSetVersion
from app.models.sessions import CheckoutSession
from app.models.users import Role, User
from app.models.webhooks import WebhookDelivery

__all__ = [
    "IS_LIVE",
    "ActivationKind",
    "Alert",
    "ApiKey",
    "Base",
    "CheckoutSession",
    "DecisionRecord",
    "DraftStep",
    "IdempotencyKey",
    "Job",
    "OwnAttribute",
    "Payment",
    "PaymentAttempt",
    "ProviderAccount",
    "Refund",
    "Replay",
    "Role",
    "RuleSetActivation",
    "RuleSetDraft",
    "RuleSetVersion",
    "StatusChange",
    "User",
    "WebhookDelivery",
    "db",
    "utc_now",
]
