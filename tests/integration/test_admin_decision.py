"""The decision explained: the rule that decided, why the others did not, and a reason for every method."""

import pytest
from flask import Flask
from sqlalchemy import update

from app.domain.methods import METHODS
from app.models import DecisionRecord, db
from app.services import rule_sets
from app.services.transaction import transaction
from rules import seed_json
from tests.support import flow
from tests.support.backoffice import Operator, words
from tests.support.sandbox import SandboxService

GERMAN_BUSINESS = {"email": "max@example.de", "name": "Max Muster", "country": "DE", "type": "business"}


def _decisions(page: str) -> list[str]:
    return [words(part) for part in page.split('<details class="card decision"')[1:]]


def test_the_rule_that_decided_stands_with_its_sentence_and_facts(app: Flask) -> None:
    with app.app_context():
        session = flow.open_session(amount=120_000, customer=GERMAN_BUSINESS)
        decision = flow.offer(session)
        session_id = session.id
    (shown,) = _decisions(Operator(app).page(f"/admin/sessions/{session_id}"))
    assert decision.rule_name in shown
    assert "version 1 of the rules" in shown
    assert "True: The customer type is business – here: business" in shown
    assert "Country Germany" in shown
    assert "Amount €1,200.00" in shown
    assert "Cross-border Yes" in shown


def test_every_method_is_offered_or_has_its_reason(app: Flask) -> None:
    with app.app_context():
        session = flow.open_session(currency="CHF")
        decision = flow.offer(session)
        session_id = session.id
    (shown,) = _decisions(Operator(app).page(f"/admin/sessions/{session_id}"))
    table = shown[shown.index("Methods Every payment method") :]
    for method in METHODS:
        offered = decision.offers(method.id)
        assert f"{method.label} {'Offered' if offered else 'Not offered'}" in table, method
    carriers = decision.offered[0].accounts
    assert "Through " + ", then ".join(name.removeprefix("sandbox_").capitalize() for name in carriers) in table
    assert "sandbox_" not in table  # labels, not ids
    assert "North does not support CHF." in table


def test_each_rule_above_says_why_it_did_not_match(app: Flask) -> None:
    with app.app_context():
        session = flow.open_session()
        rule_id, session_id = flow.offer(session).rule_id, session.id
        names = [rule.name for rule in rule_sets.ruleset_of(1).rules]
        position = [rule.id for rule in rule_sets.ruleset_of(1).rules].index(rule_id)
    (shown,) = _decisions(Operator(app).page(f"/admin/sessions/{session_id}"))
    above = shown[shown.index("Rules asked before") :]
    assert position > 0
    for number, name in enumerate(names[:position], 1):
        assert f"{number}. {name}" in above
    for name in names[position + 1 :]:
        assert name not in above
    assert "False: The flow is subscription – here: direct" in above
    assert f"{len(names) - position - 1} rules below were not reached" in above


def test_a_retry_adds_a_decision_that_knows_what_failed(app: Flask, sandbox: SandboxService) -> None:
    with app.app_context():
        session = flow.open_session()
        attempt = flow.pay(session.id)
        sandbox.decline(attempt.redirect_url)
        flow.payments.settle(attempt.id)
        retried = flow.offer(session)
        payment_id = attempt.payment_id
    latest, first = _decisions(Operator(app).page(f"/admin/payments/{payment_id}"))
    assert "Decision 2" in latest
    assert retried.rule_name in latest
    assert "Methods that failed Card" in latest
    assert "Decision 1" in first
    assert "Number of failed attempts 0" in first


def test_the_default_offer_says_that_no_rule_matched(app: Flask) -> None:
    with app.app_context():
        rule_sets.publish(seed_json() | {"rules": [], "adjustments": []}, author="tester")
        session_id = flow.open_session().id
    (shown,) = _decisions(Operator(app).page(f"/admin/sessions/{session_id}"))
    assert "Default offer decided, because no rule matched" in shown
    assert "Not in the default offer." in shown


def test_a_decision_is_shown_by_the_version_that_made_it(app: Flask) -> None:
    with app.app_context():
        session = flow.open_session()
        name, session_id = flow.offer(session).rule_name, session.id
        rule_sets.publish(seed_json() | {"rules": [], "adjustments": []}, author="tester")
    (shown,) = _decisions(Operator(app).page(f"/admin/sessions/{session_id}"))
    assert name in shown
    assert "version 1 of the rules" in shown


def test_adjustments_that_applied_are_told(app: Flask) -> None:
    with app.app_context():
        session = flow.open_session(amount=80_000)
        applied, session_id = [name for _, name in flow.offer(session).adjustments], session.id
    assert applied
    (shown,) = _decisions(Operator(app).page(f"/admin/sessions/{session_id}"))
    assert "Strong authentication is asked for." in shown
    told = shown[shown.index("Adjustments that applied") :]
    assert all(name in told for name in applied)


def test_a_long_way_down_only_the_nearest_rules_are_traced(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("admin.decision_page.TRACED", 2)
    with app.app_context():
        session = flow.open_session()
        rule_id, session_id = flow.offer(session).rule_id, session.id
        rules = rule_sets.ruleset_of(1).rules
        position = [rule.id for rule in rules].index(rule_id)
    assert position > 3
    (shown,) = _decisions(Operator(app).page(f"/admin/sessions/{session_id}"))
    above = shown[shown.index("Rules asked before") :]
    assert f"The first {position - 2} rules did not match either" in above
    assert f"{position - 1}. {rules[position - 2].name}" in above
    assert f"{position}. {rules[position - 1].name}" in above
    assert rules[position - 3].name not in above
    assert f"Rule {position + 1}, {rules[position].name} , decided" in shown


def test_a_decision_whose_facts_are_no_longer_declared_is_traced_as_it_was_made(app: Flask) -> None:
    with app.app_context():
        session = flow.open_session()
        name, session_id = flow.offer(session).rule_name, session.id
        with transaction():
            unheard_of = {"country": "IT", "loyalty": "gold", "badges": ["a", "b"]}
            db.session.execute(update(DecisionRecord).values(facts=unheard_of))
    (shown,) = _decisions(Operator(app).page(f"/admin/sessions/{session_id}"))
    assert name in shown
    assert "loyalty gold" in shown
    assert "badges a, b" in shown
    assert "here: Italy" in shown
    assert "Not offered" in shown
