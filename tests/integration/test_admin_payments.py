"""The list of payments and the page of one: exact, bounded, and calm about whatever an address holds."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.domain.statuses import AttemptStatus, PaymentStatus
from app.models import Payment, PaymentAttempt, db
from app.services.alerts import raise_alert
from app.services.transaction import transaction
from tests.support import flow
from tests.support.backoffice import Operator
from tests.support.rows import attempt_row, payment_row, session_row
from tests.support.sandbox import SandboxService


def _payments_in(page: str) -> list[str]:
    """The ids of the rows, in order."""
    return [part.split('"')[0] for part in page.split('class="row-link" href="/admin/payments/')[1:]]


def test_a_row_says_all_in_words_and_leads_to_its_page(app: Flask) -> None:
    with app.app_context(), transaction():
        session = session_row(customer={"email": "ada@example.com", "country": "DE"}, reference="order-7")
        payment = payment_row(
            session,
            status=PaymentStatus.PAID,
            customer_email="ada@example.com",
            method="sepa_debit",
            account_id="sandbox_south",
            created_at=datetime(2026, 1, 31, 23, 30, tzinfo=UTC),
        )
        payment_id = payment.id
    operator = Operator(app)
    words = operator.words("/admin/payments/")
    for text in ("€129.90", "Paid", "ada@example.com", "order-7", "SEPA Direct Debit", "South", "Germany"):
        assert text in words
    assert "1 Feb 2026, 00:30" in words  # in the merchant's zone
    assert _payments_in(operator.page("/admin/payments/")) == [payment_id]
    assert "€129.90" in operator.words(f"/admin/payments/{payment_id}")


def test_paging_shows_every_payment_once_in_both_directions(app: Flask) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    with app.app_context(), transaction():
        rows = [payment_row(session_row(), created_at=start + timedelta(seconds=n // 3)) for n in range(130)]
        wanted = [row.id for row in sorted(rows, key=lambda row: (row.created_at, row.id), reverse=True)]
    operator = Operator(app)
    seen: list[str] = []
    path, pages = "/admin/payments/", []
    while path:
        page = operator.page(path)
        pages.append(_payments_in(page))
        seen += pages[-1]
        path = _link(page, "older")
    assert seen == wanted
    assert [len(page) for page in pages] == [50, 50, 30]
    back = _link(page, "newer")
    assert _payments_in(operator.page(back)) == pages[1]
    assert _payments_in(operator.page(_link(operator.page(back), "newer"))) == pages[0]


def _link(page: str, way: str) -> str:
    marker = f'href="?{way}='
    return "/admin/payments/?" + page.split(marker)[1].split('"')[0].join([f"{way}=", ""]) if marker in page else ""


def test_saved_views_count_and_filter(app: Flask) -> None:
    with app.app_context(), transaction():
        ids = {
            name: payment_row(status=status).id
            for name, status in (("paid", PaymentStatus.PAID), ("failed", PaymentStatus.FAILED))
        }
        unknown = payment_row()
        attempt_row(unknown, status=AttemptStatus.UNKNOWN, next_check_at=datetime(2026, 3, 1, tzinfo=UTC))
        alerted = attempt_row(payment_row(), status=AttemptStatus.SUCCEEDED)
        raise_alert("amount_mismatch", alerted.id, "Amounts differ.")
        ids |= {"unknown": unknown.id, "alerted": alerted.payment_id}
    operator = Operator(app)
    assert "All 4 Paid 1 Pending 2 Failed 1 Needs attention 2" in operator.words("/admin/payments/")
    assert _payments_in(operator.page("/admin/payments/?view=paid")) == [ids["paid"]]
    assert _payments_in(operator.page("/admin/payments/?view=failed")) == [ids["failed"]]
    assert set(_payments_in(operator.page("/admin/payments/?view=attention"))) == {ids["unknown"], ids["alerted"]}


def test_filters_narrow_and_stand_as_chips(app: Flask) -> None:
    with app.app_context(), transaction():
        late = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)  # already February for the merchant
        first = payment_row(method="card", account_id="sandbox_north", created_at=late).id
        second = payment_row(
            session_row(currency="CHF"),
            method="paypal",
            account_id="sandbox_south",
            created_at=late - timedelta(hours=2),
        ).id
    operator = Operator(app)
    for query, expected in (
        ("method=card", [first]),
        ("account=sandbox_south", [second]),
        ("currency=CHF", [second]),
        ("status=pending", [first, second]),
        ("status=paid", []),
        ("from=2026-02-01", [first]),
        ("until=2026-01-31", [second]),
        ("from=2026-01-31&until=2026-02-01&currency=EUR", [first]),
    ):
        assert _payments_in(operator.page(f"/admin/payments/?{query}")) == expected, query
    words = operator.words("/admin/payments/?method=paypal&from=2026-01-01")
    assert "Method: PayPal" in words
    assert "From: 1 Jan 2026" in words
    assert "No payment fits" in operator.words("/admin/payments/?status=paid")


HOSTILE = [
    "'; DROP TABLE payments; --",
    "<script>alert(1)</script>",
    "%00",
    "\ud83d\ude00" * 100,
    "x" * 5000,
    "9999-12-31",
    "0001-01-01",
    "2026-02-30",
    "-1",
    "{{ 7*7 }}",
    "%",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_ignored_with_a_message(app: Flask, value: str) -> None:
    value = value.encode("utf-16", "surrogatepass").decode("utf-16")
    with app.app_context(), transaction():
        payment_row()
    operator = Operator(app)
    for key in ("status", "method", "account", "currency", "from", "until", "view", "older", "newer", "page"):
        for path in ("/admin/payments/", "/admin/sessions/", "/admin/alerts/", "/admin/rules/"):
            reply = operator.client.get(path, query_string={key: value})
            assert reply.status_code == 200, (path, key)
            assert "<script>" not in reply.text
            assert "“49”" not in reply.text
    words = operator.client.get("/admin/payments/", query_string={"status": value}).text
    assert "Filter ignored" in words


def test_a_character_that_no_database_takes_is_refused_in_the_shell(app: Flask) -> None:
    operator = Operator(app)
    for path in ("/admin/payments/?status=%00", "/admin/search/?q=%00", "/admin/payments/%00"):
        reply = operator.get(path)
        assert reply.status_code == 400, path
        assert "Main" in reply.text


def test_ids_that_do_not_exist_are_a_page_that_says_so(app: Flask) -> None:
    operator = Operator(app)
    for path in (
        "/admin/payments/pay_none",
        "/admin/payments/" + "a" * 3000,
        "/admin/sessions/<script>",
        "/admin/rules/versions/999",
        "/admin/rules/versions/99999999999999999999",
        "/admin/nowhere",
    ):
        reply = operator.get(path)
        assert reply.status_code == 404, path
        assert "Not found" in reply.text
        assert "Main" in reply.text  # the shell is there
        assert "<script>" not in reply.text


def test_the_page_tells_attempts_failures_and_the_timeline(app: Flask, sandbox: SandboxService) -> None:
    with app.app_context():
        session = flow.open_session()
        declined = flow.pay(session.id)
        sandbox.decline(declined.redirect_url)
        flow.payments.settle(declined.id)
        paid = flow.pay(session.id, "paypal")
        sandbox.approve(paid.redirect_url)
        flow.payments.settle(paid.id)
        payment_id, declined_id = paid.payment_id, declined.id
    words = Operator(app).words(f"/admin/payments/{payment_id}")
    assert "€129.90 payment Paid PayPal through" in words
    assert "1. Card through" in words
    assert "2. PayPal through" in words
    assert "Declined" in words
    assert declined_id in words
    assert "Checkout session: Completed" in words
    assert "(provider)" in words
    assert "Ada Rossi" in words
    assert "Ask the provider now" not in words  # nothing is open any more


def test_asking_the_provider_settles_what_is_open(app: Flask, sandbox: SandboxService) -> None:
    with app.app_context():
        session = flow.open_session()
        attempt = flow.pay(session.id)
        payment_id, attempt_id, page = attempt.payment_id, attempt.id, attempt.redirect_url
    sandbox.approve(page)
    operator = Operator(app)
    path = f"/admin/payments/{payment_id}"
    assert "Ask the provider now" in operator.words(path)
    assert operator.press(f"{path}/settle").location == path
    words = operator.words(path)
    assert "was asked: the attempt is succeeded" in words
    assert "€129.90 payment Paid" in words
    with app.app_context():
        assert db.session.get(PaymentAttempt, attempt_id).status == AttemptStatus.SUCCEEDED
    operator.press(f"{path}/settle")
    assert "there is nothing to ask" in operator.words(path)


def test_a_provider_that_does_not_answer_is_no_error_page(app: Flask) -> None:
    with app.app_context():
        attempt = flow.pay(flow.open_session().id)
        payment_id = attempt.payment_id
        flow.point_account(attempt.account_id, "http://127.0.0.1:9")
    operator = Operator(app)
    assert operator.press(f"/admin/payments/{payment_id}/settle").status_code == 302
    assert "was asked: the attempt is pending" in operator.words(f"/admin/payments/{payment_id}")


def test_a_count_stops_reading(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context(), transaction():
        session = session_row()
        payment_row(session)
        for _ in range(4):
            payment_row()
    monkeypatch.setattr("admin.keyset.count_up_to.__defaults__", (3,))
    assert "All 3+" in Operator(app).words("/admin/payments/")


def test_a_currency_the_hub_no_longer_knows_is_still_shown(app: Flask) -> None:
    with app.app_context(), transaction():
        payment = payment_row()
        db.session.execute(update(Payment).where(Payment.id == payment.id).values(currency="XXX"))
        payment_id = payment.id
    assert "12990 XXX" in Operator(app).words(f"/admin/payments/{payment_id}")
