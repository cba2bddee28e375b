"""Payment links on their way: sent in measure, reminded of once, refused where they could not arrive."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.ids import new_id
from app.models import Event, db, utc_now
from app.services import (
    attempts,
    payment_link_clock,
    payment_links,
    renewal_charging,
)
from app.services.errors import FieldsRefused
from app.services.payment_link_errors import (
    LinkNotActive,
    NobodyToSendTo,
    SentTooOften,
)
from app.services.transaction import transaction
from providers.interface import ChargeState
from tests.support.flow import pay, told
from tests.support.links import end, follow, new_link, shift, stored, told_of
from tests.support.rows import renewal_row
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


def test_a_form_that_is_sent_twice_at_once_makes_one_link(app: Flask) -> None:
    link_id = new_id("plink")

    def press() -> str:
        with app.app_context():
            wanted = payment_links.NewLink(amount=100, currency="EUR", reference="order-7", email="ada@example.com")
            return payment_links.create(wanted, actor="user:ada", link_id=link_id).id

    assert together(4, press) == [link_id] * 4
    with app.app_context():
        assert told_of(link_id) == ["payment_link.sent"]


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


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_reminder_waits_while_somebody_is_paying(app_context: Flask) -> None:
    link = new_link()
    attempt = pay(follow(link))
    shift(link.id, timedelta(days=6, hours=12), "remind_at")
    assert payment_link_clock.remind_due() == 0
    attempts.apply_charge(attempt.id, told(attempt, ChargeState.FAILED), actor="tester")
    assert payment_link_clock.remind_due() == 0, "not at once: the customer may be trying again"
    shift(link.id, timedelta(minutes=16), "remind_at")
    assert payment_link_clock.remind_due() == 1


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_link_whose_time_has_passed_is_not_sent(app_context: Flask) -> None:
    link = new_link(send=False)
    end(link.id)
    with pytest.raises(LinkNotActive) as refused:
        payment_links.send(link.id, actor="user:ada")
    assert refused.value.link_status == "expired"


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_renewal_gets_another_link_when_the_one_it_has_is_overdue(app_context: Flask) -> None:
    with transaction():
        renewal_id = renewal_row().id
    old = payment_links.create_for_renewal(renewal_id, actor="tester")
    assert payment_links.create_for_renewal(renewal_id, actor="tester").id == old.id
    end(old.id)
    new = payment_links.create_for_renewal(renewal_id, actor="tester")
    assert new.expires_at > utc_now()
    assert stored(old.id).status == "expired"


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_an_operator_who_asks_for_a_renewals_link_has_it_sent_though_it_was_made_before(app_context: Flask) -> None:
    with transaction():
        renewal_id = renewal_row().id
    made = payment_links.create_for_renewal(renewal_id, actor="system", send=False)
    assert renewal_charging.ask_by_link(renewal_id, actor="user:ada").id == made.id
    assert told_of(made.id) == ["payment_link.sent"]
    with pytest.raises(SentTooOften):
        renewal_charging.ask_by_link(renewal_id, actor="user:ada")


@pytest.mark.usefixtures("app_context")
def test_what_a_link_cannot_be_is_refused_field_by_field() -> None:
    with pytest.raises(FieldsRefused) as refused:
        new_link(email="no address", phone=None, max_payments=0, expires_at=utc_now() + timedelta(days=91))
    assert set(refused.value.errors) == {"deliver_to.email", "max_payments", "expires_at"}
    with pytest.raises(FieldsRefused) as refused:
        new_link(phone="333 123", max_payments=2, accept_terms=True, expires_at=utc_now())
    assert set(refused.value.errors) == {"deliver_to", "deliver_to.phone", "terms_accepted", "expires_at"}
    assert db.session.scalars(select(Event)).all() == []
