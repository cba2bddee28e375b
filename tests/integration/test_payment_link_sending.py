"""Payment links on their way: sent in measure, reminded of once, refused where they could not arrive."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.models import Event, db, utc_now
from app.services import (
    attempts,
    payment_link_clock,
    payment_links,
)
from app.services.errors import FieldsRefused
from app.services.payment_link_errors import (
    NobodyToSendTo,
    SentTooOften,
)
from providers.interface import ChargeState
from tests.support.flow import pay, told
from tests.support.links import end, follow, new_link, shift, stored, told_of
from tests.support.threads import together


def test_sending_again_waits_a_minute_and_stops_at_five_a_day(app_context: Flask) -> None:
    link = new_link()
    with pytest.raises(SentTooOften) as refused:
        payment_links.send(link.id, actor="user:ada")
    assert refused.value.again_at == stored(link.id).sent_at + timedelta(minutes=1)
    for _ in range(4):
        shift(link.id, timedelta(minutes=2), "sent_at")
        payment_links.send(link.id, actor="user:ada")
    shift(link.id, timedelta(minutes=2), "sent_at")
    with pytest.raises(SentTooOften) as refused:
        payment_links.send(link.id, actor="user:ada")
    first = payment_links.sendings(link.id)[0].created_at
    assert refused.value.again_at == first + timedelta(days=1)
    assert f"{first + timedelta(days=1):%Y-%m-%d %H:%M}" in refused.value.message
    assert (stored(link.id).sent_count, told_of(link.id)) == (5, ["payment_link.sent"] * 5)


def test_eight_operators_who_send_a_link_at_once_send_it_once(app: Flask) -> None:
    with app.app_context():
        link_id = new_link(send=False).id

    def press() -> str:
        with app.app_context():
            return payment_links.send(link_id, actor="user:ada").id

    results = together(8, press)
    assert len([result for result in results if result == link_id]) == 1, results
    with app.app_context():
        assert told_of(link_id) == ["payment_link.sent"]


@pytest.mark.usefixtures("app_context")
def test_who_cannot_be_reached_is_sent_nothing() -> None:
    link = new_link(email=None)
    assert told_of(link.id) == []
    with pytest.raises(NobodyToSendTo):
        payment_links.send(link.id, actor="user:ada")


@pytest.mark.parametrize(
    ("life", "before"),
    [(timedelta(days=7), timedelta(days=1)), (timedelta(days=1), timedelta(hours=12))],
    ids=["a day before", "at half of a short life"],
)
def test_a_customer_is_reminded_once(app: Flask, life: timedelta, before: timedelta) -> None:
    with app.app_context():
        link_id = new_link(expires_at=utc_now() + life).id
        shift(link_id, life - before - timedelta(minutes=1), "created_at", "remind_at", "expires_at")
        assert payment_link_clock.remind_due() == 0, "a minute too early"
        shift(link_id, timedelta(minutes=2), "created_at", "remind_at", "expires_at")

    def sweep() -> int:
        with app.app_context():
            return payment_link_clock.remind_due()

    assert sum(together(4, sweep)) == 1
    with app.app_context():
        assert told_of(link_id) == ["payment_link.sent", "payment_link.reminded"]
        assert stored(link_id).reminded_at is not None


def test_nobody_is_reminded_of_what_is_paid_being_paid_never_sent_or_over(app_context: Flask) -> None:
    paid, paying, unsent, over, revoked = (
        new_link(max_payments=2),
        new_link(),
        new_link(send=False),
        new_link(),
        new_link(),
    )
    attempt = pay(follow(paid))
    attempts.apply_charge(attempt.id, told(attempt, ChargeState.SUCCEEDED), actor="tester")
    pay(follow(paying))
    payment_links.revoke(revoked.id, actor="user:ada")
    links = [paid, paying, unsent, over, revoked]
    for link in links:
        shift(link.id, timedelta(days=6, hours=12), "remind_at", "expires_at")
    end(over.id)
    assert payment_link_clock.remind_due() == 0
    assert not any("payment_link.reminded" in told_of(link.id) for link in links)


@pytest.mark.usefixtures("app_context")
def test_what_a_link_cannot_be_is_refused_field_by_field() -> None:
    with pytest.raises(FieldsRefused) as refused:
        new_link(email="no address", phone=None, max_payments=0, expires_at=utc_now() + timedelta(days=91))
    assert set(refused.value.errors) == {"deliver_to.email", "max_payments", "expires_at"}
    with pytest.raises(FieldsRefused) as refused:
        new_link(phone="333 123", max_payments=2, accept_terms=True, expires_at=utc_now())
    assert set(refused.value.errors) == {"deliver_to", "deliver_to.phone", "terms_accepted", "expires_at"}
    assert db.session.scalars(select(Event)).all() == []
