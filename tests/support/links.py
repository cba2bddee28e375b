"""Payment links driven through the services: made, followed, and put where time would have brought them."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from app.models import Event, PaymentLink, db, utc_now
from app.services import link_addresses, payment_link_visits, payment_links
from app.services.transaction import transaction
from tests.support.flow import CUSTOMER


def new_link(**changes: Any) -> PaymentLink:
    """Make a link over 129.90 EUR that is sent to an Italian consumer; `changes` are fields of NewLink."""
    given: dict[str, Any] = {
        "amount": 12990,
        "currency": "EUR",
        "reference": "order-1001",
        "customer": CUSTOMER,
        "attributes": {"channel": "online", "product_categories": ["physical"]},
        "locale": "en",
        "email": "ada@example.com",
    }
    return payment_links.create(payment_links.NewLink(**(given | changes)), actor="tester")


def follow(link: PaymentLink, remembered: str | None = None) -> str:
    """Follow a link; the id of the session it leads to."""
    return payment_link_visits.open_link(link_addresses.token_of(link.id), remembered=remembered).session_id


def stored(link_id: str) -> PaymentLink:
    """A link as it is stored now."""
    db.session.rollback()
    return db.session.get_one(PaymentLink, link_id, populate_existing=True)


def shift(link_id: str, back: timedelta, *columns: str) -> None:
    """Let some of a link's moments have been `back` earlier."""
    with transaction():
        link = db.session.get_one(PaymentLink, link_id)
        values = {name: getattr(link, name) - back for name in columns if getattr(link, name) is not None}
        db.session.execute(update(PaymentLink).where(PaymentLink.id == link_id).values(values))
    db.session.expire_all()


def end(link_id: str) -> None:
    """Let a link's time have passed."""
    with transaction():
        past = utc_now() - timedelta(seconds=1)
        db.session.execute(update(PaymentLink).where(PaymentLink.id == link_id).values(expires_at=past))
    db.session.expire_all()


def told_of(link_id: str) -> list[str]:
    """The kinds of the events about a link, in the order they were told."""
    db.session.rollback()
    query = select(Event.kind).where(Event.subject_id == link_id).order_by(Event.created_at, Event.id)
    return list(db.session.scalars(query))
