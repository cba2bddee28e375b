"""The pages of provider accounts: forms drawn from the adapter, secrets never shown, what each switch does."""

import re
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from app.models import ProviderAccount, WebhookDelivery, db
from app.services import accounts, provider_accounts, rule_sets
from app.services.transaction import transaction
from providers.interface import Failure, FailureKind, OutcomeUnknown, ProviderRefused
from tests.support.api import Api
from tests.support.backoffice import Operator, token, words
from tests.support.customer import Customer, methods_on
from tests.support.paper import HOOK, KEY, TYPED, Paper
from tests.support.paper import paper as paper

PATH = "/admin/providers/"
NEW = PATH + "new?provider=paper"
MAIN = PATH + "paper_main"


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """What the pages show does not depend on the kind of database."""
    return str(request.param)


@pytest.fixture
def operator(app: Flask) -> Operator:
    return Operator(app)


def add(operator: Operator, **changes: str) -> TestResponse:
    fields = TYPED | {"provider": "paper", "label": "Main", "live": "live"} | changes
    return operator.press(NEW, **fields)


def revision(operator: Operator, path: str) -> str:
    return re.search(r'name="revision" value="(\d+)"', operator.page(path))[1]


def account(app: Flask, account_id: str = "paper_main") -> ProviderAccount:
    with app.app_context():
        return provider_accounts.get_account(account_id)


def said(operator: Operator, reply: TestResponse) -> str:
    """What the page says to which a reply leads."""
    assert reply.status_code == 302, words(reply.text)
    return operator.words(reply.location)


def test_an_account_is_added_tried_out_and_its_secrets_are_seen_no_more(
    app: Flask, operator: Operator, paper: Paper, caplog: pytest.LogCaptureFixture
) -> None:
    chooser = operator.page(PATH + "new")
    assert "provider=paper" in chooser
    form = operator.page(NEW)
    assert '<option value="eu" selected>' in form
    assert re.findall(r'name="settings.wallets" value="(\w+)" checked', form) == ["apple", "link"]
    assert form.count('type="password"') == 3
    fields = MultiDict([*TYPED.items(), ("provider", "paper"), ("label", "Main"), ("live", "live")])
    fields.setlist("settings.wallets", ["link", "apple"])
    fields["secrets.hook"] = HOOK
    fields["csrf_token"] = token(operator.get("/admin/none"))
    reply = operator.client.post(NEW, data=fields)
    page = said(operator, reply)
    assert "still switched off. It works. It belongs to Aurora." in page
    for shown in ("Main Off Live", "•••• cdef", "•••• 3210", "Europe", "Apple, Link", "Owner acct_1", "Added"):
        assert shown in page, shown
    assert account(app).settings["wallets"] == "apple,link"
    for path in (MAIN, MAIN + "/change", PATH):
        html = operator.page(path)
        assert KEY not in html
        assert HOOK not in html
    assert KEY not in caplog.text


def test_what_is_wrong_stands_beside_its_field_and_no_secret_is_written_back(operator: Operator, paper: Paper) -> None:
    reply = add(operator, **{"settings.base_url": "", "settings.note": "<b>n</b>", "id": "No Word"})
    assert reply.status_code == 422
    told = words(reply.text)
    for sentence in ("Fill in address.", "Use 3 to 40 small letters", "Type the secrets again"):
        assert sentence in told
    assert KEY not in reply.text
    assert 'value="&lt;b&gt;n&lt;/b&gt;"' in reply.text
    assert 'value="live" checked' in reply.text
    assert add(operator, live="perhaps").status_code == 422
    assert add(operator, live="test").status_code == 422  # its key is a live one
    assert operator.press(PATH + "new?provider=nobody").status_code == 404
    assert paper.seen == []


def test_a_change_keeps_secrets_that_are_left_empty_and_the_second_of_two_is_told(
    app: Flask, operator: Operator, paper: Paper
) -> None:
    add(operator, **{"secrets.hook": HOOK})
    change = MAIN + "/change"
    seen = revision(operator, change)
    typed = TYPED | {"label": "Main", "secrets.api_key": "", "revision": seen}
    page = said(operator, operator.press(change, **typed, **{"settings.note": "n", "remove": "hook"}))
    assert "Changed: Note, Wallets, Webhook secret" in page or "Changed: Note, Webhook secret" in page
    assert [len(paper.seen), paper.seen[-1].secrets] == [2, {"api_key": KEY}]
    late = operator.press(change, **typed, **{"settings.note": "mine"})
    assert late.status_code == 409
    assert "Somebody else changed this account meanwhile" in words(late.text)
    assert 'value="mine"' in late.text
    assert operator.press(change, **typed | {"revision": "x" * 40}).status_code == 409
    renamed = typed | {"label": "Shop", "revision": revision(operator, change), "settings.note": "n"}
    assert "The change is saved." in said(operator, operator.press(change, **renamed))
    assert len(paper.seen) == 2, "a name needs no test"


def test_a_connection_that_fails_is_told_in_a_sentence(app: Flask, operator: Operator, paper: Paper) -> None:
    paper.answer = ProviderRefused(Failure(FailureKind.TECHNICAL, "auth", "No such key."))
    assert "Paper refused it: No such key." in said(operator, add(operator))
    assert "Not tested" in operator.words(MAIN)
    paper.answer = OutcomeUnknown("It timed out.")
    assert "nobody knows yet whether it works: It timed out." in said(operator, operator.press(MAIN + "/test"))


def test_the_webhook_address_and_its_events_are_ready_to_copy(app: Flask, operator: Operator, paper: Paper) -> None:
    add(operator)
    page = operator.page(MAIN)
    assert 'value="http://localhost/v1/webhooks/paper/paper_main"' in page
    assert "paper.paid\npaper.torn</textarea>" in page
    assert "cannot reach this address" in page
    assert "None has come yet" in page
    with app.app_context(), transaction():
        db.session.add(WebhookDelivery(account_id="paper_main", event_id="evt_1", kind="paper.torn", body="{}"))
    assert "The last one came" in operator.words(MAIN)


def test_methods_are_switched_and_checkouts_follow_at_once(app: Flask, operator: Operator, api: Api) -> None:
    customer = Customer(app)
    before = methods_on(customer.look())
    assert "satispay" in before
    north = PATH + "sandbox_north"
    page = operator.page(north)
    on = set(re.findall(r'name="on" value="(\w+)" checked', page))
    assert {"card", "satispay"} < on
    data = MultiDict([("on", each) for each in on - {"satispay"}])
    data["revision"], data["csrf_token"] = revision(operator, north), token(operator.get("/admin/none"))
    assert "The methods are saved" in said(operator, operator.client.post(north + "/methods", data=data))
    assert methods_on(customer.look()) == [method for method in before if method != "satispay"]
    assert operator.client.post(north + "/methods", data=data).status_code == 409
    assert "Methods switched off: Satispay" in operator.words(north)
    asked = {"country": "IT", "amount": 12990, "currency": "EUR", "flow": "direct", "customer_type": "consumer"}
    answer = api.post("/v1/rules/evaluate", {"attributes": asked}).json
    [why] = [item for item in answer["decision"]["withheld"] if item["method"] == "satispay"]
    assert (why["code"], why["reason"]) == ("method_off", "North has this method switched off.")
    assert "1 switched off" in operator.words(PATH)


def test_switches_and_outage(app: Flask, operator: Operator, paper: Paper) -> None:
    add(operator)
    assert "This hub runs as a trial" in operator.words(MAIN)  # before a live account is switched on
    assert "rules may send payments" in said(operator, operator.press(MAIN + "/switch", enabled="on"))
    assert "in outage: checkouts use" in said(operator, operator.press(MAIN + "/outage", in_outage="on"))
    assert (account(app).enabled, account(app).in_outage) == (True, True)
    assert "The outage is over" in said(operator, operator.press(MAIN + "/outage", in_outage="off"))
    assert "What is under way goes on" in said(operator, operator.press(MAIN + "/switch", enabled="off"))
    for done in ("Switched on", "Put in outage", "Outage ended", "Switched off"):
        assert f"{done} " in operator.words(MAIN), done
    assert "The account is removed" in said(operator, operator.press(MAIN + "/remove"))
    assert operator.get(MAIN).status_code == 404


def test_accounts_of_the_demo_are_looked_after_by_the_hub(app: Flask, operator: Operator) -> None:
    north = PATH + "sandbox_north"
    assert "The hub itself looks after this account" in operator.words(north)
    assert "/change" not in operator.page(north)
    for step in ("/change", "/remove"):
        assert operator.press(north + step).status_code == 409, step
    assert "The sandbox knows this account as north." in said(operator, operator.press(north + "/test"))
    with app.app_context():
        assert accounts.connect("sandbox_north")[1].secrets["api_key"]


def test_a_hub_without_accounts_says_what_to_do_first(app: Flask, operator: Operator, paper: Paper) -> None:
    with app.app_context(), transaction():
        for row in accounts.all_accounts():
            db.session.delete(row)
    app.config["JUNCTION"] = replace(app.config["JUNCTION"], demo=False, environment="production")
    for path in ("/admin/", PATH):
        page = operator.page(path)
        assert f'href="{PATH}new"' in page, path
        assert "Write the rules" in unescape(page), path
    assert "Sandbox" not in operator.words(PATH + "new")
    add(operator, live="test", **{"secrets.api_key": "key_test_0123456789"})
    assert f'href="{MAIN}"' in operator.page("/admin/")
    assert "customers whom rules send there get what they buy without paying" in operator.words(MAIN)
    operator.press(MAIN + "/switch", enabled="on")
    assert "Main is a test account and switched on" in operator.words("/admin/")
    assert "Done Connect it" in operator.words("/admin/")
    assert "Done Write the rules" not in operator.words("/admin/"), "the active rules name other accounts"
    with app.app_context():
        plan = {"strategy": "ordered", "accounts": [{"account": "paper_main"}]}
        offer = {"methods": [{"method": "card", "providers": plan}]}
        rule_sets.publish({"rules": [], "adjustments": [], "default": offer}, author="ada")
    assert "Add an account" not in operator.words("/admin/")
