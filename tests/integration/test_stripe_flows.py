"""The hub's payments by Stripe: what the hub knows in the end is what Stripe did, however it was told.

Each flow runs twice in one hub: its webhooks once and in order, then again and again and shuffled.
"""

from typing import Any

import pytest
from sqlalchemy import select

from app.models import ReconciliationBreak, db, utc_now
from app.services import reconciliation_breaks, refunds
from tests.support.flow import open_session, pay
from tests.support.links import follow, new_link, stored
from tests.support.stripe_hub import StripeHub, alerts_about, both_ways, differences, facts, paid_by_card
from tests.support.stripe_hub import service as service
from tests.support.stripe_hub import shop as shop


def test_a_checkout_is_paid_after_a_decline_and_a_debit_that_was_sent_back(shop: StripeHub) -> None:
    def flow(shop: StripeHub) -> Any:
        session_id = open_session().id
        debit = pay(session_id, "sepa_debit")
        shop.press(debit.redirect_url, "approve")
        shop.hear()
        waiting = facts(session_id)["payment"]
        shop.service.faults(fail_settlement=1)
        shop.wait(minutes=11)
        shop.service.faults()
        card = pay(session_id)
        shop.press(card.redirect_url, "decline", code="insufficient_funds")
        shop.press(card.redirect_url, "approve")
        shop.hear()
        return waiting, facts(session_id)

    assert both_ways(shop, flow) == (
        ("pending", 0, 0, 0),
        {
            "session": "completed",
            "payment": ("paid", 12990, 0, 0),
            "attempts": [("sepa_debit", "failed", "soft_decline"), ("card", "succeeded", None)],
            "refunds": [],
        },
    )


def test_a_link_is_paid_and_is_over_with_it(shop: StripeHub) -> None:
    def flow(shop: StripeHub) -> Any:
        link = new_link()
        session_id = follow(link)
        paid_by_card(shop, session_id)
        return stored(link.id).status, facts(session_id)["payment"]

    assert both_ways(shop, flow) == ("completed", ("paid", 12990, 0, 0))


def test_parts_are_given_back_and_the_bank_sends_one_back(shop: StripeHub) -> None:
    """The books of both days agree with Stripe's before and after it came back."""

    def flow(shop: StripeHub) -> Any:
        session_id = open_session().id
        payment_id, first_day = paid_by_card(shop, session_id), utc_now().date()
        back, kept = (refunds.request(payment_id, amount=amount, actor="anna").id for amount in (3000, 2000))
        shop.hear()
        after_both = facts(session_id)["payment"]
        shop.wait(days=1)
        before = differences(first_day)
        shop.service.fail_refund(refunds.get_refund(back).provider_reference)
        shop.hear()
        assert [alert.kind for alert in alerts_about(back)] == ["refund_contradicted"]
        second_day = utc_now().date()
        shop.wait(days=1)
        assert refunds.get_refund(kept).status == "succeeded"
        return after_both, facts(session_id), before, differences(first_day), differences(second_day)

    after_both, end, *found = both_ways(shop, flow)
    assert after_both == ("partially_refunded", 12990, 5000, 0)
    assert end["payment"] == ("partially_refunded", 12990, 2000, 0)
    assert sorted(end["refunds"]) == [(2000, "succeeded"), (3000, "failed")]
    assert found == [[], [], []]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_refund_that_came_back_unheard_is_found_by_the_books_and_settled_by_asking(shop: StripeHub) -> None:
    session_id = open_session().id
    refund_id = refunds.request(paid_by_card(shop, session_id), amount=3000, actor="anna").id
    shop.hear()
    shop.wait(days=1)
    shop.service.fail_refund(refunds.get_refund(refund_id).provider_reference)
    shop.miss()
    day = utc_now().date()
    shop.wait(days=1)
    assert differences(day) == [("state_differs", refund_id)]
    found = db.session.scalars(select(ReconciliationBreak).where(ReconciliationBreak.reference == refund_id)).one()
    assert reconciliation_breaks.ask(found.id, by="anna").resolved_at is not None
    assert facts(session_id)["payment"] == ("paid", 12990, 0, 0)
