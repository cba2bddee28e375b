"""Webhooks out in tests: an endpoint, an event, and the background work that brings one to the other."""

from sqlalchemy import select

from app.domain.statuses import PaymentStatus
from app.models import Event, EventDelivery, WebhookEndpoint, db
from app.services import event_deliveries, events, jobs, webhook_endpoints, work
from app.services.transaction import transaction
from app.services.webhook_endpoints import WithSecret
from tests.support.rows import payment_row


def register(url: str, *kinds: str) -> WithSecret:
    """An endpoint for these kinds of event, with its secret."""
    return webhook_endpoints.register(url=url, event_types=kinds, actor="system")


def paid() -> Event:
    """A payment that was collected, told as a move of its status tells it."""
    with transaction():
        return events.tell("payment.paid", payment_row(status=PaymentStatus.PAID))


def run_due() -> None:
    """Do the background work that is due, and what it asks for, until nothing is."""
    event_deliveries.wake()
    while leased := [job for job in jobs.lease_due() if job.kind in (events.PUBLISH, event_deliveries.DELIVER)]:
        for job in leased:
            work.run_job(job.id)


def only_delivery() -> EventDelivery:
    """The one delivery there is, as it is now."""
    db.session.rollback()
    return db.session.scalars(select(EventDelivery)).one()


def endpoint_row(endpoint_id: str) -> WebhookEndpoint:
    """An endpoint as it is now."""
    db.session.rollback()
    return db.session.get_one(WebhookEndpoint, endpoint_id)
