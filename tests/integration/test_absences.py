"""Why a method is missing, from the API and on the payment's page: the same answer."""

from typing import Any

from flask import Flask

from app.domain.methods import LABELS, METHOD_IDS
from tests.support.api import Api
from tests.support.backoffice import Operator, words


def _methods(explanation: dict[str, Any]) -> dict[str, Any]:
    return {answer["method"]: answer for answer in explanation["methods"]}


def test_the_api_says_of_every_method_why_it_is_missing(api: Api) -> None:
    session = api.open_session(amount=80_000)
    told = api.get(f"/v1/checkout/sessions/{session['id']}/decision").json
    methods = _methods(told["explanation"])
    assert sorted(methods) == sorted(METHOD_IDS)
    offered = [item["method"] for item in told["decision"]["offered"]]
    assert [answer["method"] for answer in told["explanation"]["methods"] if answer["offered"]] == offered
    assert all(answer["reasons"] for answer in methods.values() if not answer["offered"])
    terminal = methods["in_store_terminal"]["reasons"]
    assert terminal[0]["code"] == "not_in_offer"
    earlier = next(reason for reason in terminal if reason["code"] == "rule_not_matched")
    assert earlier["rule"]["name"] in earlier["reason"]
    assert {"attribute": "channel", "expected": "in_store", "result": False}.items() <= earlier["conditions"][0].items()


def test_evaluating_the_recorded_facts_gives_the_same_answer(api: Api) -> None:
    session = api.open_session(currency="CHF")
    told = api.get(f"/v1/checkout/sessions/{session['id']}/decision").json
    body = {"attributes": told["facts"], "session_id": session["id"]}
    evaluated = api.post("/v1/rules/evaluate", body).json
    assert evaluated["explanation"]["methods"] == told["explanation"]["methods"]
    reasons = [reason for answer in told["explanation"]["methods"] for reason in answer["reasons"]]
    north = next(reason for reason in reasons if reason["code"] == "currency")
    assert north == {
        "code": "currency", "reason": north["reason"], "rule": None, "account": "sandbox_north", "conditions": [],
    }  # fmt: skip


def test_the_page_of_the_session_gives_the_reasons_of_the_api(app: Flask, api: Api) -> None:
    session = api.open_session(amount=80_000)
    methods = _methods(api.get(f"/v1/checkout/sessions/{session['id']}/decision").json["explanation"])
    page = words(Operator(app).page(f"/admin/sessions/{session['id']}"))
    for method, answer in methods.items():
        assert LABELS[method] in page
        for reason in answer["reasons"]:
            if reason["code"] == "rule_later":
                assert f"“{reason['rule']['name']}”" in page
            elif reason["code"] != "more_rules_later":
                assert reason["reason"].split(": ")[0].rstrip(".") in page, method
    assert "but does not match: False: The sales channel is in store" in page
