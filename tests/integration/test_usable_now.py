"""An account switched off or in outage after the decision: its methods are gone from page and API, the others stay."""

import pytest
from flask import Flask

from app.models import CheckoutSession, DecisionRecord, ProviderAccount, db
from app.services.transaction import transaction
from providers.sandbox.accounts import ACCOUNTS
from tests.support.api import Api
from tests.support.customer import Customer, methods_on, words_of
from tests.support.flow import offer
from tests.support.problems import assert_problem
from tests.support.rows import row_counts
from tests.support.sandbox import SandboxService

SOUTH_TOO = ["card", "paypal"]  # of what the seed offers an Italian consumer
METHODS_OFF = sorted(ACCOUNTS["north"])
OFF = pytest.mark.parametrize(
    "change",
    [{"enabled": False}, {"in_outage": True}, {"methods_off": METHODS_OFF}],
    ids=["off", "outage", "methods"],
)


def change_accounts(app: Flask, change: dict[str, object], *names: str) -> None:
    with app.app_context(), transaction():
        for name in names:
            account = db.session.get_one(ProviderAccount, f"sandbox_{name}")
            for column, value in change.items():
                setattr(account, column, value)


def back_again(app: Flask) -> None:
    change_accounts(app, {"enabled": True, "in_outage": False, "methods_off": []}, "north", "south")


@OFF
def test_the_page_offers_what_can_be_paid_now(app: Flask, change: dict[str, object]) -> None:
    customer = Customer(app)
    before = methods_on(customer.look())
    assert set(before) > set(SOUTH_TOO)
    change_accounts(app, change, "north")
    assert methods_on(customer.look()) == SOUTH_TOO
    refused = customer.send("pay", method="satispay", accept_terms="yes")
    assert refused.status_code == 422
    assert "Choose one of the ways to pay listed here" in words_of(refused)
    with app.app_context():
        session = db.session.get(CheckoutSession, customer.session_id)
        assert [item.method for item in offer(session).offered] == before, "the decision itself is what it was"
        assert db.session.query(DecisionRecord).filter_by(session_id=session.id).count() == 1
    back_again(app)
    assert methods_on(customer.look()) == before


@OFF
def test_an_offer_with_nothing_left_is_explained_calmly(app: Flask, change: dict[str, object]) -> None:
    customer = Customer(app)
    change_accounts(app, change, "north", "south")
    page = customer.look()
    assert page.status_code == 200
    assert "No way to pay at the moment" in words_of(page)
    assert methods_on(page) == []
    assert 'href="https://shop.example.com/cart"' in page.text
    with app.app_context():
        before = row_counts()
    assert customer.send("pay", method="card", accept_terms="yes").status_code == 422
    with app.app_context():
        assert row_counts() == before
    back_again(app)
    assert "card" in methods_on(customer.look())


@OFF
def test_the_api_lists_what_can_be_paid_now_and_through_whom(
    app: Flask, api: Api, sandbox: SandboxService, change: dict[str, object]
) -> None:
    session = api.open_session()
    path = f"/v1/checkout/sessions/{session['id']}"
    change_accounts(app, change, "north")
    listed = [(item["method"], item["provider"]) for item in api.get(path).json["payment_methods"]]
    assert listed == [(method, "sandbox_south") for method in SOUTH_TOO]
    assert_problem(api.pay(session["id"], "satispay"), 422, "method", "offered: card, paypal.")
    change_accounts(app, change, "south")
    assert api.get(path).json["payment_methods"] == []
    assert_problem(api.pay(session["id"]), 422, "method", "none at the moment")
    back_again(app)
    assert api.get(path).json["payment_methods"] == session["payment_methods"]
    assert api.pay(session["id"], "satispay").status_code == 200
