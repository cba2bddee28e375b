"""Subscriptions over the API: opened by a checkout session, read, cancelled on the renewal day, changed, refused."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.domain.statuses import SubscriptionStatus
from app.models import Subscription, db, utc_now
from app.services.transaction import transaction
from tests.support.api import Api, session_body
from tests.support.problems import assert_problem
from tests.support.rows import renewal_row, subscription_row
from tests.support.sandbox import SandboxService
from tests.support.subscribing import renewals_of, subscribed, token_charges, turn_at

SESSIONS = "/v1/checkout/sessions"
DUE = datetime(2031, 1, 31, 8, tzinfo=UTC)


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """The services behind these routes are tried on both kinds; the routes themselves know no difference."""
    return str(request.param)


def running(app: Flask, **columns: Any) -> str:
    """The id of a monthly subscription that runs since 31 December 2030, its second renewal to come."""
    given = {
        "status": SubscriptionStatus.ACTIVE,
        "anchor_on": date(2030, 12, 31),
        "next_number": 2,
        "next_due_at": DUE,
        "account_id": "sandbox_north",
        "method": "card",
        "started_at": utc_now(),
    }
    with app.app_context(), transaction():
        return str(subscription_row(**(given | columns)).id)


def test_a_checkout_session_opens_a_subscription(api: Api) -> None:
    agreed = {"interval": "month", "interval_count": 3, "total_payments": 4, "collection": "manual"}
    session = api.open_session(mode="subscription", subscription=agreed, amount=2790)
    assert session["mode"] == "subscription"
    whole = api.get(f"/v1/subscriptions/{session['subscription']}").json
    expected = agreed | {"status": "created", "amount": 2790, "cancel_at": None, "next_due_at": None, "ends_on": None}
    assert {name: whole[name] for name in expected} == expected
    [first] = whole["renewals"]
    assert (first["number"], first["checkout_session"], first["status"]) == (1, session["id"], "open")
    assert [coming["number"] for coming in whole["upcoming"]] == [2, 3, 4]
    assert api.get(f"{SESSIONS}/{session['id']}").json["subscription"] == whole["id"]
    assert api.open_session()["subscription"] is None


def test_repeating_the_request_opens_one_subscription(api: Api) -> None:
    body = session_body(mode="subscription", subscription={"interval": "year"})
    first, second = (api.post(SESSIONS, body, key="again").json for _ in range(2))
    assert first == second
    assert len(api.get("/v1/subscriptions").json["data"]) == 1


AGREED: dict[str, Any] = {"interval": "month"}
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("no terms", {"mode": "subscription"}, "subscription", "how often"),
    ("terms without the mode", {"subscription": AGREED}, "subscription", "mode"),
    ("terms of a payment", {"mode": "payment", "subscription": AGREED}, "subscription", "mode"),
    ("no interval", {"subscription": {}}, "subscription.interval", "Missing"),
    ("an interval of hours", {"subscription": {"interval": "hour"}}, "subscription.interval", "one of"),
    ("a count of zero", {"subscription": AGREED | {"interval_count": 0}}, "subscription.interval_count", "1"),
    ("four years", {"subscription": AGREED | {"interval_count": 48}}, "subscription.interval_count", "1 to 36"),
    ("a count in quotes", {"subscription": AGREED | {"interval_count": "2"}}, "subscription.interval_count", "integer"),
    ("no payments", {"subscription": AGREED | {"total_payments": 0}}, "subscription.total_payments", "1"),
    ("an end in the past", {"subscription": AGREED | {"ends_on": "2020-01-31"}}, "subscription.ends_on", "today on"),
    ("a day that is none", {"subscription": AGREED | {"ends_on": "2031-02-30"}}, "subscription.ends_on", "2027-12-31"),
    ("charged by nobody", {"subscription": AGREED | {"collection": "hand"}}, "subscription.collection", "one of"),
    ("an unknown field", {"subscription": AGREED | {"trial_days": 7}}, "subscription.trial_days", "Unknown"),
]


@pytest.mark.parametrize(("changes", "field", "says"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_terms_that_do_not_fit_are_refused_by_field(api: Api, changes: dict[str, Any], field: str, says: str) -> None:
    wanted = {"mode": "subscription"} | changes if changes.get("subscription") != AGREED else changes
    assert_problem(api.post(SESSIONS, session_body(**wanted)), 422, field, says)
    assert api.get("/v1/subscriptions").json["data"] == []


def test_a_cancellation_waits_for_the_renewal_day_and_can_be_withdrawn(app: Flask, api: Api) -> None:
    path = f"/v1/subscriptions/{running(app)}"
    reply = api.post(f"{path}/cancel", {"reason": "moves away"})
    assert reply.status_code == 202
    assert (reply.json["status"], reply.json["cancel_at"]) == ("active", "2031-01-31T08:00:00+00:00")
    assert reply.json["upcoming"] == []
    assert api.post(f"{path}/cancel", {}).json["cancel_at"] == reply.json["cancel_at"]
    withdrawn = api.post(f"{path}/cancel/withdraw")
    assert (withdrawn.status_code, withdrawn.json["cancel_at"]) == (200, None)
    assert [coming["due_at"][:10] for coming in withdrawn.json["upcoming"]][:3] == [
        "2031-01-31",
        "2031-02-28",
        "2031-03-31",
    ]
    assert_problem(api.post(f"{path}/cancel/withdraw"), 409, None, "no cancellation to withdraw")


def test_a_change_counts_from_the_next_period(app: Flask, api: Api) -> None:
    path = f"/v1/subscriptions/{running(app)}"
    changed = api.post(f"{path}/change", {"amount": 990, "ask_method": True})
    assert changed.status_code == 200, changed.text
    assert (changed.json["amount"], changed.json["ask_method"]) == (990, True)
    assert changed.json["upcoming"][0]["amount"] == 990
    assert_problem(api.post(f"{path}/change", {}), 422, "amount", "Send amount")
    assert_problem(api.post(f"{path}/change", {"amount": 0}), 422, "amount", "from 1")
    assert_problem(api.post(f"{path}/change", {"ask_method": "yes"}), 422, "ask_method", "true or false")


def test_what_has_ended_is_neither_changed_nor_cancelled(app: Flask, api: Api) -> None:
    path = f"/v1/subscriptions/{running(app, status=SubscriptionStatus.CANCELLED)}"
    for action, body in (("cancel", {}), ("cancel/withdraw", None), ("change", {"amount": 1})):
        assert_problem(api.post(f"{path}/{action}", body), 409, None, "has ended")
    for route in ("", "/renewals", "/cancel", "/change"):
        call = api.get if route in ("", "/renewals") else lambda at: api.post(at, {"amount": 1} if "ch" in at else {})
        assert call(f"/v1/subscriptions/sub_none{route}").status_code == 404


def test_lists_are_narrowed_and_paged(app: Flask, api: Api) -> None:
    ids = [running(app, reference=f"member-{n}", customer_email=f"{n}@example.com") for n in range(5)]
    running(app, status=SubscriptionStatus.ABORTED)
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/v1/subscriptions?status=active&limit=2{f'&cursor={cursor}' if cursor else ''}").json
        seen += [row["id"] for row in page["data"]]
        cursor = page["next_cursor"]
    assert seen == sorted(ids, reverse=True)
    for query in ("reference=member-3", "email=3@example.com"):
        assert [row["id"] for row in api.get(f"/v1/subscriptions?{query}").json["data"]] == [ids[3]]
    for query, field in (("status=asleep", "status"), ("cursor=pay_1", "cursor"), ("limit=0", "limit")):
        assert_problem(api.get(f"/v1/subscriptions?{query}"), 422, field, "")


def test_renewals_name_their_payment_and_are_paged(app: Flask, api: Api) -> None:
    subscription_id = running(app)
    with app.app_context(), transaction():
        subscription = db.session.get_one(Subscription, subscription_id)
        now = utc_now()
        rows = [renewal_row(subscription, number=n, due_at=now + timedelta(days=n)).id for n in range(2, 5)]
    page = api.get(f"/v1/subscriptions/{subscription_id}/renewals?limit=2").json
    rest = api.get(f"/v1/subscriptions/{subscription_id}/renewals?limit=2&cursor={page['next_cursor']}").json
    assert {row["id"] for row in page["data"] + rest["data"]} == set(rows)
    assert rest["next_cursor"] is None


def test_an_open_renewal_is_tried_again_or_paid_by_link(app: Flask, api: Api, sandbox: SandboxService) -> None:
    with app.app_context(), time_machine.travel(datetime(2027, 1, 31, 9, tzinfo=UTC)) as clock:
        subscription = subscribed(sandbox)
        for account in ("north", "south"):
            sandbox.faults(account, decline_tokens_soft=1)
        turn_at(clock, subscription.next_due_at)
        whole = api.get(f"/v1/subscriptions/{subscription.id}").json
        renewal = whole["renewals"][0]
        assert (whole["status"], renewal["status"], renewal["failure_kind"]) == ("on_hold", "open", "soft_decline")
        payment = api.get(f"/v1/payments/{renewal['payment']}").json
        assert (payment["subscription"], payment["renewal"]) == (subscription.id, renewal["id"])
        sent = api.post(f"/v1/renewals/{renewal['id']}/send-link")
        assert sent.status_code == 202, sent.text
        assert sent.json["url"].startswith("http://localhost/link/plink_")
        sandbox.reset_faults()
        first, again = (api.post(f"/v1/renewals/{renewal['id']}/retry", key="retry-1") for _ in range(2))
        assert (first.status_code, first.json["status"]) == (202, "paid")
        assert again.json == first.json
        assert_problem(api.post(f"/v1/renewals/{renewal['id']}/retry"), 409, None, "only an open one")
        assert_problem(api.post(f"/v1/renewals/{renewal['id']}/send-link"), 409, None, "only an open one")
        assert len(token_charges(sandbox, subscription.id)) == 1
        assert renewals_of(subscription.id)[1].status == "paid"
    for action in ("retry", "send-link"):
        assert api.post(f"/v1/renewals/ren_none/{action}").status_code == 404
