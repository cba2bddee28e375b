"""Subscriptions in the backoffice: listed, explained, cancelled on their day, changed, collected; the settings."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.domain.statuses import SubscriptionStatus
from app.models import Subscription, utc_now
from app.services import refund_settings, renewal_settings
from app.services.transaction import transaction
from tests.support.backoffice import Operator, add_person
from tests.support.rows import payment_row, renewal_row, session_row, subscription_row
from tests.support.sandbox import SandboxService
from tests.support.subscribing import fresh, renewals_of, subscribed, token_charges, tries_of, turn_at

DUE = datetime(2031, 1, 31, 8, tzinfo=UTC)
LIST = "/admin/subscriptions/"


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """The services behind these pages are tried on both kinds."""
    return str(request.param)


def running(**columns: Any) -> Subscription:
    """A monthly subscription that runs since 31 December 2030, its second payment to come, flushed."""
    given: dict[str, Any] = {
        "status": SubscriptionStatus.ACTIVE,
        "amount": 990,
        "anchor_on": date(2030, 12, 31),
        "next_number": 2,
        "next_due_at": DUE,
        "account_id": "sandbox_north",
        "method": "card",
        "started_at": utc_now(),
    }
    row: Subscription = subscription_row(**(given | columns))
    return row


def listed(page: str) -> list[str]:
    return re.findall(r'class="row-link" href="/admin/subscriptions/([^"]+)"', page)


def test_the_list_has_its_views_filters_and_dates(app: Flask) -> None:
    with app.app_context(), transaction():
        active = running().id
        ending = running(cancel_at=DUE, collection="automatic", interval_unit="year").id
        soon = running(ends_at=utc_now() + timedelta(days=3), next_due_at=None).id
        held = running(status=SubscriptionStatus.ON_HOLD).id
        over = running(status=SubscriptionStatus.CANCELLED, ended_at=utc_now(), next_due_at=None).id
        created = subscription_row().id
    operator = Operator(app)
    for query, expected in (
        ("", {active, ending, soon, held, over, created}),
        ("view=active", {active, ending, soon}),
        ("view=on_hold", {held}),
        ("view=ending", {ending}),
        ("view=ending_week", {soon}),
        ("view=ended", {over}),
        ("view=created", {created}),
        ("collection=automatic", {ending}),
        ("interval=year", {ending}),
        ("account=sandbox_north&view=on_hold", {held}),
        ("from=2999-01-01", set()),
    ):
        assert set(listed(operator.page(f"{LIST}?{query}"))) == expected, query
    words = operator.words(LIST)
    assert "€9.90 every month" in words
    assert "Ends 31 Jan 2031" in words
    assert "Active 3 On hold 1" in operator.words(LIST)
    assert "Subscriptions Active 3" in operator.words("/admin/")
    found = operator.page("/admin/search/?q=membership-1001")
    assert set(listed(found)) == {active, ending, soon, held, over, created}


def test_a_cancellation_is_asked_about_then_shown_everywhere_then_withdrawn(app: Flask) -> None:
    with app.app_context(), transaction():
        subscription = running()
        session = session_row(flow="subscription", subscription_id=subscription.id)
        payment_id = payment_row(session, status="paid").id
        renewal_row(subscription, number=1, session_id=session.id, status="paid")
        subscription_id, session_id = subscription.id, session.id
    operator, page = Operator(app), f"{LIST}{subscription_id}"
    asked = operator.words(f"{page}/cancel")
    assert "Cancel this subscription on 31 Jan 2031?" in asked
    assert "It stays active until 31 Jan 2031" in asked
    assert "Ends 31 Jan 2031" not in operator.words(page)  # asking is not doing
    assert operator.press(f"{page}/cancel", reason="moves away").location == page
    for path in (page, LIST, f"/admin/payments/{payment_id}", f"/admin/sessions/{session_id}"):
        assert "Ends 31 Jan 2031" in operator.words(path), path
        assert subscription_id in operator.page(path), path
    words = operator.words(page)
    assert "It ends on 31 Jan 2031, its renewal day, and nothing is charged then." in words
    assert "operator@example.com asked for it" in words
    assert "Reason given: moves away" in words
    assert "31 Jan 2031 ends, nothing is charged" in words
    assert f"/admin/payments/{payment_id}" in operator.page(page)
    assert operator.press(f"{page}/withdraw").location == page
    assert "Ends 31 Jan 2031" not in operator.words(page)
    assert "its cancellation was withdrawn" in operator.words(page)
    assert "There is no cancellation to withdraw" in operator.press(f"{page}/withdraw").text


def test_an_amount_is_typed_as_people_write_it_and_counts_from_the_next_period(app: Flask) -> None:
    with app.app_context(), transaction():
        subscription_id = running().id
    operator, page = Operator(app), f"{LIST}{subscription_id}"
    assert "from the renewal of 31 Jan 2031 on" in operator.words(f"{page}/amount")
    wrong = operator.press(f"{page}/amount", amount="twelve")
    assert wrong.status_code == 422
    assert 'id="field-amount-error"' in wrong.text
    assert 'value="twelve"' in wrong.text
    operator.press(f"{page}/amount", amount="1.250,50")
    words = operator.words(page)
    assert "€1,250.50 every month" in words
    assert "31 Jan 2031 payment 2, €1,250.50" in words
    assert "from the next renewal on €1,250.50 instead of €9.90" in words
    operator.press(f"{page}/method")
    assert "The next renewal is paid by the customer by a link" in operator.words(page)
    refused = operator.press(f"{page}/keep-method")
    assert refused.status_code == 422
    assert "There is no stored way to charge this customer" in refused.text


def test_what_has_ended_is_shown_without_actions_and_refuses_them(app: Flask) -> None:
    with app.app_context(), transaction():
        over = running(status=SubscriptionStatus.ABORTED, ended_at=DUE, next_due_at=None).id
    operator, page = Operator(app), f"{LIST}{over}"
    words = operator.words(page)
    assert "It ended on 31 Jan 2031: a renewal could not be collected" in words
    assert "Change the amount" not in words
    for action in ("cancel", "withdraw", "amount", "method"):
        assert operator.get(f"{page}/{action}").location == page
        assert operator.press(f"{page}/{action}", amount="5").location == page
    assert "This subscription has ended" in operator.words(page)
    assert operator.get(f"{LIST}sub_none").status_code == 404
    assert operator.get(f"{LIST}renewals/ren_none/retry").status_code == 404


def test_a_viewer_sees_and_changes_nothing(app: Flask) -> None:
    with app.app_context(), transaction():
        subscription_id = running().id
    add_person(app, "viewer@example.com", "viewer")
    viewer = Operator(app, "viewer@example.com")
    assert "Cancel…" not in viewer.words(f"{LIST}{subscription_id}")
    for action in ("cancel", "withdraw", "amount", "method"):
        assert viewer.get(f"{LIST}{subscription_id}/{action}").status_code == 403
    assert viewer.get("/admin/settings/").status_code == 403


def test_long_lives_are_shown_in_pages(app: Flask) -> None:
    with app.app_context(), transaction():
        subscription = running(interval_unit="day")
        for number in range(1, 31):
            renewal_row(subscription, number=number, status="paid")
        page = f"{LIST}{subscription.id}"
    operator, seen = Operator(app), []
    for query in ("", "?before=19", "?before=7"):
        seen += re.findall(r'<th scope="row">(First payment|Renewal \d+)', operator.page(page + query))
    assert seen == [*(f"Renewal {number}" for number in range(30, 1, -1)), "First payment"]
    assert operator.get(f"{page}?before=<b>").status_code == 200


def test_a_renewal_that_failed_is_tried_again_by_an_operator(app: Flask, sandbox: SandboxService) -> None:
    with app.app_context(), time_machine.travel(datetime(2027, 1, 31, 9, tzinfo=UTC)) as clock:
        subscription = subscribed(sandbox)
        for account in ("north", "south"):
            sandbox.faults(account, decline_tokens_soft=1)
        turn_at(clock, subscription.next_due_at)
        assert fresh(subscription.id).status == SubscriptionStatus.ON_HOLD
        renewal = renewals_of(subscription.id)[1]
        operator, page = Operator(app), f"{LIST}{subscription.id}"
        words = operator.words(page)
        assert "Renewal 2 of 28 Feb 2027 could not be collected (declined for now)." in words
        assert "The next try is on 1 Mar 2027, 09:00." in words
        retry = f"{LIST}renewals/{renewal.id}/retry"
        assert "€9.90 is charged now by Card" in operator.words(retry)
        assert 'name="seen_tries" value="1"' in operator.get(retry).text
        assert operator.press(retry, seen_tries="1").location == page
        twice = operator.press(retry, seen_tries="1")  # a double click, or a colleague who read the same page
        assert "This renewal was tried again meanwhile." in twice.text
        assert (twice.status_code, len(tries_of(renewal))) == (422, 2)
        sandbox.reset_faults()
        assert operator.press(retry).location == page
        assert "Renewal 2 was tried again: it is paid." in operator.words(page)
        assert fresh(subscription.id).status == SubscriptionStatus.ACTIVE
        again = operator.press(retry)
        assert again.status_code == 422
        assert "only an open one can be collected" in again.text
        assert len(token_charges(sandbox, subscription.id)) == 1


def test_settings_are_saved_explained_and_never_overwritten_unseen(app: Flask) -> None:
    operator, path = Operator(app), "/admin/settings/"
    fields = {
        "revision": "0",
        "retries.soft_decline": "12 h, 2, 4",
        "retries.technical": "1 h",
        "retries.hard_decline": "",
        "days_to_pay": "5",
        "ending_soon_days": "10",
    }
    assert operator.press(f"{path}renewals", **fields).location == path
    assert "Tried again 12 hours, then 2 and 4 days after the first failure" in operator.words(path)
    with app.app_context():
        saved = renewal_settings.renewal_settings()
        assert saved.retries["soft_decline"] == (0.5, 2, 4)
        assert (saved.link_after_failure, saved.days_to_pay, saved.ending_soon_days) == (False, 5, 10)
    stale = operator.press(f"{path}renewals", **fields)
    assert stale.status_code == 409
    assert "Somebody else changed these settings" in stale.text
    for change, field in (
        ({"retries.soft_decline": "3, 1"}, "retries.soft_decline"),
        ({"days_to_pay": "0"}, "days_to_pay"),
    ):
        wrong = operator.press(f"{path}renewals", **(fields | {"revision": "1"} | change))
        assert wrong.status_code == 422
        assert f'id="field-{field}-error"' in wrong.text
    assert (
        operator.press(f"{path}refunds", **{"revision": "0", "currency-0": "EUR", "amount-0": "500"}).location == path
    )
    assert "Giving back more than €500.00 of one payment" in operator.words(path)
    with app.app_context():
        assert refund_settings.load().approval_above == {"EUR": 50_000}
    wrong = operator.press(f"{path}refunds", **{"revision": "1", "currency-0": "", "amount-0": "5"})
    assert wrong.status_code == 422
    assert "Choose the currency of this amount." in wrong.text
    assert (
        operator.press(f"{path}refunds", **{"revision": "x", "currency-0": "EUR", "amount-0": "5"}).status_code == 409
    )
