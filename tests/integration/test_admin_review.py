"""The pages where people decide: the review queue, and the days of reconciliation with their differences."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.models import Alert, PaymentAttempt, ReconciliationBreak, db, utc_now
from app.services import reconciliation
from app.services.alerts import raise_alert
from app.services.transaction import transaction
from tests.support.api import Api
from tests.support.backoffice import Operator, add_person
from tests.support.books import ACCOUNT, DAY, NOON, Books, collected
from tests.support.books import books as books
from tests.support.flow import run_jobs
from tests.support.hub import ADMIN_EMAIL
from tests.support.rows import attempt_row
from tests.support.sandbox import SandboxService

XSS = "<script>alert(1)</script>"


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Pages are the same on both kinds of database."""
    return str(request.param)


def waiting_item(app: Flask) -> tuple[str, str]:
    """An attempt whose outcome is unknown, in the queue: ids of alert and attempt."""
    with app.app_context(), transaction():
        attempt = attempt_row(status="unknown", started_at=utc_now() - timedelta(hours=3))
        raise_alert("outcome_unknown", attempt.id, f"The provider has not answered: {XSS}")
        return db.session.scalar(select(Alert.id)), attempt.id


def differing_day(app: Flask, books: Books, day: date = DAY) -> str:
    """A compared day with two differences; the id of its run."""
    with app.app_context():
        with transaction():
            books.book(collected(), amount=1)
            books.book(attempt_row(status="pending", provider_reference="ch_p"), at=NOON)
        run_id = reconciliation.request_comparison(ACCOUNT, day)
        run_jobs()
        return run_id


def test_an_item_is_decided_with_a_note_in_the_persons_name(app: Flask, sandbox: SandboxService) -> None:
    sandbox.faults("north", outage=1)
    item, attempt_id = waiting_item(app)
    operator = Operator(app)
    assert "1 decision about money that waits for a person" in operator.words("/admin/")
    assert "No alerts here" in operator.words("/admin/alerts/"), "each thing is in one place"
    assert f'href="/admin/review/{item}"' in operator.page("/admin/review/")
    page = operator.page(f"/admin/review/{item}")
    assert XSS not in page
    assert f"#{attempt_id}" in page
    operator.press(f"/admin/review/{item}/ask")
    assert "It waits for your decision still" in operator.words(f"/admin/review/{item}")
    path = f"/admin/review/{item}/decide"
    refused = operator.press(path, way="collected", note=" ", reference="ch_1")
    assert (refused.status_code, "ch_1" in refused.text) == (422, True)
    assert "This is missing" in refused.text
    assert operator.press(path, way="nonsense", note="x").status_code == 404
    assert operator.press(path, way="collected", note="By telephone.", reference="ch_1").status_code == 302
    said = operator.words(f"/admin/review/{item}")
    assert "Decided" in said
    assert f"{ADMIN_EMAIL} · By telephone." in said
    operator.press(path, way="not_collected", note="No!")
    assert "no longer open" in operator.words(f"/admin/review/{item}")
    assert "By telephone" not in operator.words("/admin/review/")
    assert ADMIN_EMAIL in operator.words("/admin/review/?view=decided")
    with app.app_context():
        assert db.session.get(PaymentAttempt, attempt_id).status == "succeeded"


def test_a_day_shows_both_sides_and_resolves_with_a_note(app: Flask, books: Books) -> None:
    run_id = differing_day(app, books)
    operator = Operator(app)
    listed = operator.words(f"/admin/reconciliation/?until={DAY}")
    assert "2 differences" in listed
    assert "Books differ" in operator.words("/admin/review/")
    assert f'href="/admin/reconciliation/{run_id}"' in operator.page("/admin/review/")
    page = operator.words(f"/admin/reconciliation/{run_id}")
    assert "Amounts differ: €0.01" in page
    assert "Amount €0.01 €129.90" in page
    assert "State Succeeded Pending" in page
    with app.app_context():
        first, second = db.session.scalars(select(ReconciliationBreak.id)).all()
    refused = operator.press(f"/admin/reconciliation/breaks/{first}/resolve", note="")
    assert refused.status_code == 422
    for break_id in (first, second):
        assert operator.press(f"/admin/reconciliation/breaks/{break_id}/resolve", note=XSS).status_code == 302
    assert XSS not in operator.page(f"/admin/reconciliation/{run_id}?view=resolved")
    assert "No open difference" in operator.words(f"/admin/reconciliation/{run_id}")
    assert "Nothing waits for a decision" in operator.words("/admin/review/")
    operator.press(f"/admin/reconciliation/breaks/{first}/resolve", note="Again.")
    assert "What you entered was not recorded" in operator.words(f"/admin/reconciliation/{run_id}")


@pytest.mark.usefixtures("books")
def test_a_day_is_compared_when_a_person_says_so(app: Flask) -> None:
    operator = Operator(app)
    yesterday = str((utc_now() - timedelta(days=1)).date())
    for day, account in (("soon", ACCOUNT), ("2999-01-01", ACCOUNT), (yesterday, "nobody")):
        assert operator.press("/admin/reconciliation/days/compare", day=day, account=account).location.endswith("tion/")
    reply = operator.press("/admin/reconciliation/days/compare", day=yesterday, account=ACCOUNT)
    assert "Being compared" in operator.words(reply.location)
    with app.app_context():
        run_jobs()
    assert "Agrees" in operator.words(reply.location)
    for nonsense in ("?until=x", "?until=2999-01-01", "?until=0001-01-02"):
        assert "Reconciliation" in operator.words(f"/admin/reconciliation/{nonsense}")


def test_who_may_only_look_decides_nothing(app: Flask, books: Books) -> None:
    item, _ = waiting_item(app)
    run_id = differing_day(app, books)
    add_person(app, "viewer@example.com", "viewer")
    viewer = Operator(app, "viewer@example.com")
    for path in (f"/admin/review/{item}", f"/admin/reconciliation/{run_id}", "/admin/reconciliation/"):
        assert "<textarea" not in viewer.page(path)
    with app.app_context():
        break_id = db.session.scalars(select(ReconciliationBreak.id)).first()
    for path in (
        f"/admin/review/{item}/ask",
        f"/admin/review/{item}/decide",
        "/admin/reconciliation/days/compare",
        f"/admin/reconciliation/breaks/{break_id}/resolve",
        f"/admin/reconciliation/breaks/{break_id}/ask",
    ):
        assert viewer.press(path, note="x", way="collected").status_code == 403, path


def test_the_api_reads_the_days_and_resolves_a_break(app: Flask, api: Api, books: Books) -> None:
    run_id = differing_day(app, books)
    [run] = api.get(f"/v1/reconciliation/runs?account={ACCOUNT}&day={DAY}").json["data"]
    assert (run["id"], run["theirs"], run["matched"], run["open_breaks"], run["day"]) == (run_id, 2, 0, 2, str(DAY))
    page = api.get(f"/v1/reconciliation/runs/{run_id}?limit=1").json
    rest = api.get(f"/v1/reconciliation/runs/{run_id}?cursor={page['next_cursor']}").json
    found = {row["kind"]: row for row in [*page["breaks"], *rest["breaks"]]}
    assert set(found) == {"amount_differs", "state_differs"}
    assert (found["amount_differs"]["theirs"]["amount"], found["amount_differs"]["ours"]["amount"]) == (1, 12990)
    path = f"/v1/reconciliation/breaks/{found['amount_differs']['id']}/resolve"
    assert api.post(path, {"note": ""}).status_code == 422
    assert api.post(path, {"note": "Booked net of fees."}).json["note"] == "Booked net of fees."
    assert api.post(path, {"note": "Again."}).status_code == 409
    assert api.get(f"/v1/reconciliation/runs/{run_id}").json["open_breaks"] == 1
    assert api.get("/v1/reconciliation/runs/recon_none").status_code == 404
    assert api.get("/v1/reconciliation/runs?cursor=x").status_code == 422
