"""The other pages: rules, alerts, providers, background work, search, the look, and what a stranger's text may do."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.models import Alert, Job, ProviderAccount, db, utc_now
from app.services import jobs, rule_sets
from app.services.alerts import raise_alert
from app.services.transaction import transaction
from rules import seed_json
from tests.support import flow
from tests.support.backoffice import Operator, token
from tests.support.hub import ADMIN_EMAIL
from tests.support.rows import attempt_row, payment_row, session_row


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """What these pages read is plain on any database."""
    return str(request.param)


def test_the_active_rules_read_as_sentences_in_order(app: Flask) -> None:
    words = Operator(app).words("/admin/rules/")
    document = seed_json()
    places = [words.index(f"Rule {n}: {rule['name']}") for n, rule in enumerate(document["rules"], 1)]
    assert places == sorted(places)
    assert "When the flow is subscription, offer SEPA Direct Debit through North, then South" in words
    assert "When no rule matches Offer" in words
    assert all(adjustment["name"] in words for adjustment in document["adjustments"])
    assert "Active Version 1, made active" in words


def test_versions_are_listed_and_each_has_its_page(app: Flask) -> None:
    with app.app_context():
        document = seed_json()
        rule = document["rules"][0] | {"enabled": False, "valid_from": "2026-03-01", "valid_until": "2026-04-30"}
        rule_sets.publish(document | {"rules": [rule]}, author="anna@example.com", note="Only one rule", activate=False)
    operator = Operator(app)
    assert "Version 2 Only one rule anna@example.com" in operator.words("/admin/rules/versions/")
    words = operator.words("/admin/rules/versions/2")
    assert "Rules, version 2" in words
    assert "Over Valid from 1 Mar 2026 until 30 Apr 2026" in words
    assert f"Rule 1: {rule['name']} Off" in words
    assert "Active" not in words.split("All versions")[0].split("Versions")[1]


def test_before_anything_is_published_the_page_says_so(app: Flask) -> None:
    with app.app_context(), transaction():
        db.session.execute(db.text("DELETE FROM rule_set_activations"))
    operator = Operator(app)
    assert "No rules are published" in operator.words("/admin/rules/")
    assert "No rules are published" in operator.words("/admin/")


def test_a_person_resolves_an_alert_in_their_name(app: Flask) -> None:
    with app.app_context(), transaction():
        payment = payment_row()
        raise_alert("empty_offer", payment.id, "A rule left no method to offer.")
        payment_id = payment.id
        alert_id = db.session.scalar(db.select(Alert.id))
    operator = Operator(app)
    page = operator.page("/admin/alerts/")
    assert f'href="/admin/payments/{payment_id}"' in page
    assert "Nothing to offer" in operator.words(f"/admin/payments/{payment_id}")
    assert "1 open alert" in operator.words("/admin/")
    assert operator.press(f"/admin/alerts/{alert_id}/resolve").status_code == 302
    assert "No alerts here" in operator.words("/admin/alerts/")
    assert f"by {ADMIN_EMAIL}" in operator.words("/admin/alerts/?view=resolved")
    with app.app_context():
        assert db.session.get(Alert, alert_id).resolved_by == ADMIN_EMAIL


def test_a_failed_job_runs_again_when_a_person_says_so(app: Flask) -> None:
    with app.app_context():
        with transaction():
            jobs.enqueue("settle_attempt", "att_x")
            db.session.execute(update(Job).values(quarantined_at=utc_now(), attempts=5, last_error="No answer"))
        job_id = db.session.scalar(db.select(Job.id))
    operator = Operator(app)
    assert "1 background job that failed too often" in operator.words("/admin/")
    assert "Ask a provider about an attempt No answer" in operator.words("/admin/jobs/")
    operator.press(f"/admin/jobs/{job_id}/retry")
    assert "Nothing is stuck" in operator.words("/admin/jobs/")
    with app.app_context():
        assert db.session.get(Job, job_id).quarantined_at is None


def test_providers_tell_their_state_and_limits(app: Flask) -> None:
    operator = Operator(app)
    assert "North On Test: no real money" in operator.words("/admin/providers/")
    words = operator.words("/admin/providers/sandbox_north")
    assert "North On Test: no real money" in words
    assert "Satispay Up to €1,000.00 · EUR · Italy · Checkout, payment links" in words
    assert "Instalments €100.00 to €5,000.00" in operator.words("/admin/providers/sandbox_south")
    with app.app_context(), transaction():
        db.session.execute(update(ProviderAccount).where(ProviderAccount.id == "sandbox_north").values(enabled=False))
    assert "North Off" in operator.words("/admin/providers/")


def test_the_banner_says_which_accounts_move_no_money(app: Flask) -> None:
    operator = Operator(app)
    assert "Test mode: no real money moves." in operator.words("/admin/")
    _set_live(app, "sandbox_north")
    assert "no real money moves through South." in operator.words("/admin/")
    _set_live(app, "sandbox_south")
    assert "est mode" not in operator.words("/admin/")


def _set_live(app: Flask, account_id: str) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(ProviderAccount).where(ProviderAccount.id == account_id).values(live=True))


def test_search_finds_exact_values_and_goes_there(app: Flask) -> None:
    with app.app_context(), transaction():
        first = attempt_row(payment_row(session_row(reference="A-1"), customer_email="ada@example.com"))
        second = payment_row(session_row(reference="A-2"), customer_email="ada@example.com")
        untried = session_row(reference="A-3")
        payment, attempt, session = first.payment_id, first.id, first.session_id
        second_id, untried_id = second.id, untried.id
    operator = Operator(app)

    def leads_to(text: str) -> Any:
        return operator.client.get("/admin/search/", query_string={"q": text}).location

    assert leads_to(payment) == f"/admin/payments/{payment}"
    assert leads_to(f" {attempt} ") == f"/admin/payments/{payment}#{attempt}"
    assert leads_to(session) == f"/admin/sessions/{session}"
    assert leads_to("A-1") == f"/admin/payments/{payment}"
    assert leads_to("A-3") == f"/admin/sessions/{untried_id}"
    page = operator.page("/admin/search/?q=Ada@example.com")
    assert payment in page
    assert second_id in page


@pytest.mark.parametrize("text", ["", "%", "_", "A", "ada@", "a" * 300, "' OR 1=1 --", "pay_" + "0" * 32])
def test_search_never_guesses(app: Flask, text: str) -> None:
    with app.app_context(), transaction():
        payment_row(session_row(reference="A-1"), customer_email="ada@example.com")
    reply = Operator(app).client.get("/admin/search/", query_string={"q": text})
    assert reply.status_code == 200
    assert "Nothing found" in reply.text


def test_the_look_is_kept_in_a_cookie_and_leads_back(app: Flask) -> None:
    operator = Operator(app)
    assert 'data-theme="auto"' in operator.page("/admin/")
    reply = operator.press("/admin/theme/", theme="dark", next="/admin/payments/?view=paid")
    assert reply.location == "/admin/payments/?view=paid"
    assert 'data-theme="dark"' in operator.page("/admin/")
    assert operator.press("/admin/theme/", theme='"><script>', next="//evil.example").location == "/admin/"
    assert 'data-theme="dark"' in operator.page("/admin/")
    operator.client.set_cookie("backoffice_theme", '"><script>', path="/admin")
    assert 'data-theme="auto"' in operator.page("/admin/")


def test_figures_of_the_dashboard_are_exact_by_currency(app: Flask) -> None:
    with app.app_context(), transaction():
        for currency, amount in (("EUR", 1000), ("EUR", 2550), ("JPY", 700)):
            session = session_row(currency=currency, amount=amount, status="completed")
            payment_row(session, status="paid")
        payment_row(status="failed")
    words = Operator(app).words("/admin/")
    today = words[words.index("Today") : words.index("Last 7 days")]
    assert "€35.50" in today
    assert "¥700" in today
    assert "Payments 3" in today
    assert "75.0% 3 of 4" in today


XSS = "\"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'`"


def test_text_of_strangers_is_only_ever_text(app: Flask) -> None:
    with app.app_context():
        session = flow.open_session(
            reference=XSS[:100],
            customer={"email": XSS, "name": XSS, "country": "IT", "type": "consumer"},
            items=[{"name": XSS, "quantity": 1, "amount": 100}],
        )
        session_id = session.id
        with transaction():
            attempt = attempt_row(
                payment_row(session, customer_email=XSS),
                status="failed",
                failure_code=XSS,
                failure_message=XSS,
                provider_reference=XSS,
            )
            raise_alert("odd_" + XSS[:30], attempt.id, XSS)
            jobs.enqueue("settle_attempt", attempt.id)
            db.session.execute(update(Job).values(quarantined_at=utc_now(), last_error=XSS))
            db.session.execute(update(ProviderAccount).values(label=XSS))
            payment_id = attempt.payment_id
        document = seed_json()
        rule = document["rules"][0] | {"name": "<script>alert(1)</script>"}
        rule_sets.publish(document | {"rules": [rule]}, author=XSS, note=XSS)
    operator = Operator(app)
    for path in (
        "/admin/",
        "/admin/payments/",
        f"/admin/payments/{payment_id}",
        "/admin/sessions/",
        f"/admin/sessions/{session_id}",
        "/admin/alerts/",
        "/admin/jobs/",
        "/admin/rules/",
        "/admin/rules/versions/",
        "/admin/providers/",
    ):
        page = operator.page(path)
        assert "<script" not in page, path
        assert "<img" not in page, path
        assert " onerror=alert(1)>" not in page, path
        assert ">49" not in page, path
        assert "style=" not in page, path
    found = operator.client.get("/admin/search/", query_string={"q": XSS}, follow_redirects=True)
    assert "<script" not in found.text


def test_no_page_needs_anything_from_elsewhere(app: Flask) -> None:
    operator = Operator(app)
    for path in ("/admin/", "/admin/payments/", "/admin/login"):
        reply = operator.client.get(path, follow_redirects=True)
        policy = reply.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "http://" not in reply.text.replace("http://localhost", "")
        assert "https://" not in reply.text
        assert " on" + "click" not in reply.text


def test_forms_need_their_token(app: Flask) -> None:
    operator = Operator(app)
    reply = operator.client.post("/admin/theme/", data={"theme": "dark"})
    assert reply.status_code == 400
    assert "Load the page again" in reply.text
    assert token(reply)  # the page that says so is whole, with its own forms


def test_an_error_of_ours_is_a_page_without_details(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = Operator(app)

    def broken(*_: object) -> None:
        raise TypeError("a secret of the inside")

    monkeypatch.setattr("admin.views.dashboard.check_health", broken)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    reply = operator.get("/admin/")
    assert reply.status_code == 500
    assert "secret of the inside" not in reply.text
    assert "<h1>" in reply.text
