"""Subscriptions: read them, cancel on the renewal day, change what comes next."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.api.auth import actor
from app.api.paging import page_of
from app.api.schemas import PageQuerySchema
from app.api.schemas_subscriptions import (
    CancelSubscriptionSchema,
    ChangeSubscriptionSchema,
    RenewalPageSchema,
    SubscriptionPageSchema,
    SubscriptionQuerySchema,
    WholeSubscriptionSchema,
)
from app.api.spec import new_blueprint, refusals
from app.api.views import renewal_view
from app.models import CheckoutSession, Renewal, Subscription
from app.services import subscriptions

SHOWN = 20  # renewals in the answer about one subscription
blueprint = new_blueprint("subscriptions", "Agreements to pay again each period, made at a checkout.")


@blueprint.route("/subscriptions")
@blueprint.doc(**refusals(422))
@blueprint.arguments(SubscriptionQuerySchema, location="query", unknown=RAISE)
@blueprint.response(200, SubscriptionPageSchema)
def list_subscriptions(query: dict[str, Any]) -> dict[str, Any]:
    """List subscriptions, newest first. `next_cursor` goes on where this page ends; null at the end."""
    wanted = select(Subscription)
    if status := query.get("status"):
        wanted = wanted.where(Subscription.status == status)
    if reference := query.get("reference"):
        wanted = wanted.where(Subscription.reference == reference)
    if email := query.get("email"):
        wanted = wanted.where(Subscription.customer_email == email)
    page, cursor = page_of(wanted, Subscription, "sub", query)
    return {"data": [subscription_view(row) for row in page], "next_cursor": cursor}


@blueprint.route("/subscriptions/<subscription_id>")
@blueprint.doc(**refusals(404))
@blueprint.response(200, WholeSubscriptionSchema)
def get_subscription(subscription_id: str) -> dict[str, Any]:
    """Read one subscription with its newest renewals and the dates to come."""
    return _whole(subscriptions.get(subscription_id))


@blueprint.route("/subscriptions/<subscription_id>/renewals")
@blueprint.doc(**refusals(404, 422))
@blueprint.arguments(PageQuerySchema, location="query", unknown=RAISE)
@blueprint.response(200, RenewalPageSchema)
def list_renewals(query: dict[str, Any], subscription_id: str) -> dict[str, Any]:
    """List the renewals of a subscription, newest first."""
    subscriptions.get(subscription_id)
    page, cursor = page_of(_renewals_of(subscription_id), Renewal, "ren", query)
    return {"data": [renewal_view(row) for row in page], "next_cursor": cursor}


@blueprint.route("/subscriptions/<subscription_id>/cancel", methods=["POST"])
@blueprint.doc(**refusals(404, 409, 413, 415, 422))
@blueprint.arguments(CancelSubscriptionSchema)
@blueprint.response(202, WholeSubscriptionSchema)
def cancel(body: dict[str, Any], subscription_id: str) -> dict[str, Any]:
    """Let the subscription end on its next renewal day (`cancel_at`); it stays active until then."""
    return _whole(subscriptions.request_cancellation(subscription_id, actor=actor(), reason=body["reason"]))


@blueprint.route("/subscriptions/<subscription_id>/cancel/withdraw", methods=["POST"])
@blueprint.doc(**refusals(404, 409, 413, 415))
@blueprint.response(200, WholeSubscriptionSchema)
def withdraw(subscription_id: str) -> dict[str, Any]:
    """Let a subscription go on whose cancellation waits for its day."""
    return _whole(subscriptions.withdraw_cancellation(subscription_id, actor=actor()))


@blueprint.route("/subscriptions/<subscription_id>/change", methods=["POST"])
@blueprint.doc(**refusals(404, 409, 413, 415, 422))
@blueprint.arguments(ChangeSubscriptionSchema)
@blueprint.response(200, WholeSubscriptionSchema)
def change(body: dict[str, Any], subscription_id: str) -> dict[str, Any]:
    """Change what holds from the next period on: the amount, or how it is paid."""
    return _whole(subscriptions.change(subscription_id, actor=actor(), **body))


def subscription_view(subscription: Subscription) -> dict[str, Any]:
    """Return a subscription as SubscriptionSchema has it."""
    same = (
        "id", "status", "amount", "currency", "reference", "customer_email", "interval_count", "total_payments",
        "ends_on", "collection", "method", "ask_method", "next_due_at", "cancel_at", "created_at", "started_at",
        "ended_at",
    )  # fmt: skip
    view = {name: getattr(subscription, name) for name in same}
    return view | {"interval": subscription.interval_unit, "provider": subscription.account_id}


def _whole(subscription: Subscription) -> dict[str, Any]:
    newest, _ = page_of(_renewals_of(subscription.id), Renewal, "ren", {"limit": SHOWN})
    return subscription_view(subscription) | {
        "renewals": [renewal_view(row) for row in newest],
        "upcoming": subscriptions.upcoming(subscription),
    }


def _renewals_of(subscription_id: str) -> Any:
    session = joinedload(Renewal.session)
    query = select(Renewal).where(Renewal.subscription_id == subscription_id)
    return query.options(session.joinedload(CheckoutSession.payment))
