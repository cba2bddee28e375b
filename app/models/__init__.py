"""Columns and constraints, one noun a file; importing this package declares every table."""

from app.models.alerts import Alert
from app.models.api_keys import ApiKey
from app.models.attempts import IS_LIVE, PaymentAttempt
from app.models.base import Base, db, utc_now
from app.models.decisions import DecisionRecord
from app.models.draft_steps import DraftStep
from app.models.events import Event
from app.models.history import StatusChange
from app.models.idempotency import IdempotencyKey
from app.models.jobs import Job
from app.models.messages import Message, MessageTemplate, MessageTry
from app.models.own_attributes import OwnAttribute
from app.models.payment_links import PaymentLink
from app.models.payment_tokens import PaymentToken
from app.models.payments import Payment
from app.models.provider_accounts import ProviderAccount, ProviderAccountChange
from app.models.reconciliation import ReconciliationBreak, ReconciliationRun
from app.models.refunds import Refund
from app.models.replays import Replay
from app.models.rule_set_drafts import RuleSetDraft
from app.models.rule_sets import ActivationKind, RuleSetActivation, RuleSetVersion
from app.models.sessions import CheckoutSession
from app.models.settings import Setting
from app.models.subscriptions import IS_RUNNING, Renewal, Subscription
from app.models.users import Role, User
from app.models.webhook_endpoints import EventDelivery, EventDeliveryTry, WebhookEndpoint
from app.models.webhooks import WebhookDelivery

__all__ = [
    "IS_LIVE",
    "IS_RUNNING",
    "ActivationKind",
    "Alert",
    "ApiKey",
    "Base",
    "CheckoutSession",
    "DecisionRecord",
    "DraftStep",
    "Event",
    "EventDelivery",
    "EventDeliveryTry",
    "IdempotencyKey",
    "Job",
    "Message",
    "MessageTemplate",
    "MessageTry",
    "OwnAttribute",
    "Payment",
    "PaymentAttempt",
    "PaymentLink",
    "PaymentToken",
    "ProviderAccount",
    "ProviderAccountChange",
    "ReconciliationBreak",
    "ReconciliationRun",
    "Refund",
    "Renewal",
    "Replay",
    "Role",
    "RuleSetActivation",
    "RuleSetDraft",
    "RuleSetVersion",
    "Setting",
    "StatusChange",
    "Subscription",
    "User",
    "WebhookDelivery",
    "WebhookEndpoint",
    "db",
    "utc_now",
]
