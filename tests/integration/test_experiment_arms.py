"""Experiments in the checkout: a session stays in its arm whatever fails, and the API and the backoffice say which."""

import copy
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.models import DecisionRecord, db
from app.services import rule_sets
from app.services.transaction import transaction
from rules.arms import arm_of
from tests.support import flow
from tests.support.api import Api
from tests.support.backoffice import Operator
from tests.support.drafts import Drafter
from tests.support.experiments import experiment, publish
from tests.support.sandbox import SandboxService


def decisions_of(session_id: str) -> list[DecisionRecord]:
    db.session.rollback()
    query = select(DecisionRecord).where(DecisionRecord.session_id == session_id)
    return list(db.session.scalars(query.order_by(DecisionRecord.sequence)))


def fail_once(session_id: str, sandbox: SandboxService) -> None:
    attempt = flow.pay(session_id)
    sandbox.decline(attempt.redirect_url)
    flow.payments.settle(attempt.id)


def test_sessions_see_the_offer_of_the_arm_that_is_stored(app_context: Flask) -> None:
    publish(50)
    rule = rule_sets.ruleset_of(2).rules[0]
    seen = set()
    for _ in range(20):
        session = flow.open_session()
        (record,) = decisions_of(session.id)
        decision = flow.offer(session)
        assert record.arm == decision.arm == arm_of(rule, session.id)
        assert decision.offered[0].method == ("paypal" if record.arm == "b" else "card")
        seen.add(record.arm)
    assert seen == {"a", "b"}


def test_a_session_decided_by_a_rule_without_experiment_has_no_arm(app_context: Flask) -> None:
    session = flow.open_session()
    (record,) = decisions_of(session.id)
    assert record.arm is None
    assert flow.offer(session).arm is None


@pytest.mark.parametrize("shares", [(50, 50), (1, 99), (99, 1)])
def test_a_retried_session_keeps_its_arm(app_context: Flask, sandbox: SandboxService, shares: tuple[int, int]) -> None:
    """Even when the share is changed between the failure and the retry."""
    publish(shares[0])
    session_id = flow.open_session().id
    (first,) = decisions_of(session_id)
    drawn = first.arm
    publish(shares[1])
    fail_once(session_id, sandbox)
    retried = flow.offer(flow.sessions.get_session(session_id))
    first, second = decisions_of(session_id)
    assert (first.version, second.version) == (2, 3)
    assert (first.arm, second.arm, retried.arm) == (drawn, drawn, drawn)


def attributes() -> dict[str, Any]:
    return {"amount": 12990, "currency": "EUR", "country": "IT", "flow": "direct"}


def test_evaluate_tells_offer_a_and_says_so_or_the_arm_of_the_session_named(app: Flask, api: Api) -> None:
    with app.app_context():
        publish(50)
        rule = rule_sets.ruleset_of(2).rules[0]
    plain = api.post("/v1/rules/evaluate", {"attributes": attributes()}).json
    assert plain["decision"]["arm"] == "a"
    assert "send session_id" in plain["note"]
    for number in range(20):
        body = {"attributes": attributes(), "session_id": f"cs_{number}"}
        told = api.post("/v1/rules/evaluate", body).json
        assert told["decision"]["arm"] == arm_of(rule, f"cs_{number}")
        assert told["note"] is None
        assert told["decision"]["offered"][0]["method"] == ("paypal" if told["decision"]["arm"] == "b" else "card")
    old = api.post("/v1/rules/evaluate", {"attributes": attributes(), "version": 1}).json
    assert (old["decision"]["arm"], old["note"]) == (None, None)


@pytest.mark.parametrize("session_id", ["", "cs 1", "\ud800", "x" * 41, 5, None, "é"])
def test_a_session_id_that_cannot_be_one_is_refused(api: Api, session_id: object) -> None:
    reply = api.post("/v1/rules/evaluate", {"attributes": {}, "session_id": session_id})
    assert reply.status_code == 422, reply.text
    assert "session_id" in reply.text


def test_the_api_and_the_backoffice_say_which_arm(app: Flask, api: Api) -> None:
    with app.app_context():
        publish(50)
        session_id = flow.open_session().id
        arm = decisions_of(session_id)[0].arm
    assert api.get(f"/v1/checkout/sessions/{session_id}").json["decision"]["arm"] == arm
    decision = api.get(f"/v1/checkout/sessions/{session_id}/decision").json["decision"]
    assert decision["arm"] == arm
    reason = f"Not in offer {str(arm).upper()} of the rule “Everybody”."
    assert {item["reason"] for item in decision["withheld"] if item["code"] == "not_in_offer"} == {reason}
    assert f"offer {str(arm).upper()} of its experiment" in Operator(app).words(f"/admin/sessions/{session_id}")


def test_a_decision_stored_before_experiments_is_still_told(app: Flask, api: Api) -> None:
    with app.app_context():
        session_id = flow.open_session().id
        outcome = copy.deepcopy(decisions_of(session_id)[0].outcome)
        del outcome["arm"]
        with transaction():
            db.session.execute(update(DecisionRecord).values(outcome=outcome))
    assert api.get(f"/v1/checkout/sessions/{session_id}/decision").json["decision"]["arm"] is None


def with_share(share: object) -> dict[str, Any]:
    document = experiment(50)
    document["rules"][0]["experiment"]["share"] = share
    return document


@pytest.mark.parametrize("share", ["x", 1e9, True, None, [50]])
def test_a_share_that_is_no_whole_number_is_refused_with_a_sentence(api: Api, share: object) -> None:
    reply = Drafter(api).save(with_share(share))
    assert reply.status_code == 422
    (error,) = reply.json["errors"]
    assert error["field"].endswith("rules[0].experiment.share")
    assert "whole number of percent, 1 to 99 in “Everybody”" in error["message"]


@pytest.mark.parametrize("share", [0, 100, -5, 10**9])
def test_a_share_out_of_bounds_is_told_by_the_check(api: Api, share: int) -> None:
    assert Drafter(api).save(with_share(share)).status_code == 200
    (problem,) = api.post("/v1/rules/draft/check", {}).json["problems"]
    assert problem["path"] == "rules[0].experiment.share"
    assert problem["message"] == "In the rule “Everybody”: let offer B have 1 to 99 percent of its sessions."
