"""The hosted checkout without script: each page by the server's state, each refusal said and nothing changed."""

import re

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from app.models import CheckoutSession, db
from tests.support.customer import Customer, methods_on, words_of
from tests.support.flow import attempts_of, let_time_pass, offer
from tests.support.rows import row_counts
from tests.support.sandbox import SandboxService
from tests.support.waiting import wait_until

UNKNOWN = "cs_" + "0" * 32


def counts(app: Flask) -> dict[str, int]:
    with app.app_context():
        return row_counts()


def test_the_offer_is_shown_in_the_order_of_the_decision(app: Flask, sandbox: SandboxService) -> None:
    customer = Customer(app, items=[{"name": "Moka <pot>", "quantity": 2, "amount": 6495}])
    reply = customer.look()
    with app.app_context():
        decision = offer(db.session.get(CheckoutSession, customer.session_id))
    assert reply.status_code == 200
    assert methods_on(reply) == [item.method for item in decision.offered]
    assert "Pay €129.90" in words_of(reply)
    assert "2 × Moka <pot>" in words_of(reply)
    assert "checked" not in reply.text, "neither a method nor the terms are chosen for the customer"
    assert f"form-action 'self' {sandbox.url};" in reply.headers["Content-Security-Policy"]
    assert reply.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in reply.headers


def test_the_only_method_is_chosen_already(app: Flask) -> None:
    reply = Customer(app, currency="KWD", amount=12990, customer={}).look()
    assert methods_on(reply) == ["card"]
    assert re.search(r'value="card"[^>]* checked', reply.text)
    assert "KWD\xa012.990" in words_of(reply).replace("KWD 12", "KWD\xa012")


def test_an_empty_offer_is_explained_calmly(app: Flask) -> None:
    customer = Customer(app, currency="ISK")
    page = customer.look()
    assert page.status_code == 200
    assert "No way to pay at the moment" in words_of(page)
    assert 'href="https://shop.example.com/cart"' in page.text
    before = counts(app)
    assert customer.send("pay", method="card", accept_terms="yes").status_code == 422
    assert counts(app) == before


@pytest.mark.parametrize(
    ("form", "told", "untold"),
    [
        ({}, ["Choose how you want to pay", "Accept the terms to continue"], []),
        ({"accept_terms": "yes"}, ["Choose how you want to pay"], ["Accept the terms to continue"]),
        ({"method": "paypal"}, ["Accept the terms to continue"], ["Choose how you want to pay"]),
        ({"method": "paypal", "accept_terms": "true"}, ["Accept the terms to continue"], []),
        ({"method": "klarna", "accept_terms": "yes"}, ["Choose one of the ways to pay listed here"], []),
        ({"method": "card\x01", "accept_terms": "yes"}, ["Choose one of the ways to pay listed here"], []),
    ],
)
def test_an_incomplete_form_is_told_and_changes_nothing(
    app: Flask, form: dict[str, str], told: list[str], untold: list[str]
) -> None:
    customer = Customer(app)
    before = counts(app)
    reply = customer.send("pay", **form)
    words = words_of(reply)
    assert reply.status_code == 422
    assert all(text in words for text in ["There is a problem", *told])
    assert not any(text in words for text in untold)
    assert counts(app) == before


def test_the_summary_links_to_the_fields_and_the_choice_is_kept(app: Flask) -> None:
    reply = Customer(app).send("pay", method="paypal")
    assert re.search(r'id="method-paypal"[^>]* checked', reply.text)
    targets = re.findall(r'<li><a href="#([\w-]+)">', reply.text)
    assert targets == ["accept_terms"]
    assert all(f'id="{target}"' in reply.text for target in targets)


@pytest.mark.parametrize("step", ["", "/pay", "/check", "/change", "/status", "/terms", "/return/att_" + "0" * 32])
@pytest.mark.parametrize("session_id", [UNKNOWN, "cs_x", "nonsense", "cs_" + "0" * 31 + "'"])
def test_an_unknown_session_is_a_page_that_says_so(client: FlaskClient, session_id: str, step: str) -> None:
    for reply in (client.get(f"/checkout/{session_id}{step}"), client.post(f"/checkout/{session_id}{step}")):
        assert reply.status_code in (404, 405)
        assert reply.mimetype == "text/html"
    assert client.get(f"/checkout/{session_id}{step}").status_code == 404


def test_paid_at_the_provider_is_paid_here(app: Flask, sandbox: SandboxService) -> None:
    customer = Customer(app)
    page_url = customer.pay()
    assert page_url.startswith(sandbox.url)
    reply = customer.finish(sandbox, page_url, "approve")
    words = words_of(reply)
    assert (reply.status_code, reply.request.path) == (200, customer.path)
    assert all(text in words for text in ["Payment received", "€129.90", "order-1001", "Paid with Card"])
    assert 'href="https://shop.example.com/thanks"' in reply.text


def test_a_paid_order_is_not_paid_again(app: Flask, sandbox: SandboxService) -> None:
    customer = Customer(app)
    customer.finish(sandbox, customer.pay(), "approve")
    before = counts(app)
    assert "nothing more will be charged" in customer.words()
    again = customer.send("pay", method="card", accept_terms="yes")
    assert again.status_code == 409
    assert "This order was already paid. Nothing was charged again." in words_of(again)
    assert counts(app) == before


def test_what_was_given_back_is_said(app: Flask, sandbox: SandboxService) -> None:
    customer = Customer(app)
    customer.finish(sandbox, customer.pay(), "approve")
    with app.app_context():
        payment = attempts_of(customer.session_id)[0].payment
        payment.status, payment.refunded = "partially_refunded", 2990
        db.session.commit()
    assert "€29.90 of it has been given back to you." in customer.words()


def test_after_a_decline_the_customer_reads_why_and_the_offer_has_adapted(app: Flask, sandbox: SandboxService) -> None:
    customer = Customer(app)
    first = methods_on(customer.look())
    reply = customer.finish(sandbox, customer.pay(), "decline")
    words = words_of(reply)
    assert methods_on(reply) != first
    assert "Your payment was declined" in words
    assert "No money was taken." in words
    assert "We have adapted the ways to pay below." in words
    assert "Did not work a moment ago" in words
    assert "Payment received" in words_of(customer.finish(sandbox, customer.pay("paypal"), "approve"))


@pytest.mark.parametrize(
    ("outcome", "told"), [("cancel", "You cancelled the payment"), ("decline", "Your payment was declined")]
)
def test_each_failure_is_told_in_its_own_words(app: Flask, sandbox: SandboxService, outcome: str, told: str) -> None:
    customer = Customer(app)
    assert told in words_of(customer.finish(sandbox, customer.pay(), outcome))


def test_a_provider_that_refuses_at_once_is_told_like_a_decline(app: Flask, sandbox: SandboxService) -> None:
    sandbox.faults("north", refuse=1)
    customer = Customer(app)
    assert customer.pay() == customer.path, "there is no provider's page to go to"
    assert "Your payment was declined" in customer.words()
    assert "No money was taken." in customer.words()


def test_a_started_payment_can_be_continued(app: Flask, sandbox: SandboxService) -> None:
    customer = Customer(app)
    page_url = customer.pay()
    page = customer.look()
    assert "Finish your payment" in words_of(page)
    assert f'href="{page_url}"' in page.text
    assert customer.pay() == page_url, "a second press leads to the same page"
    with app.app_context():
        assert len(attempts_of(customer.session_id)) == 1


def test_another_method_chosen_in_another_tab_does_not_lead_to_the_first_ones_page(app: Flask) -> None:
    customer = Customer(app)
    customer.pay("card")
    assert customer.pay("paypal") == customer.path
    with app.app_context():
        assert [attempt.method for attempt in attempts_of(customer.session_id)] == ["card"]


def test_a_started_payment_can_be_given_up(app: Flask, sandbox: SandboxService) -> None:
    customer = Customer(app)
    page_url = customer.pay()
    assert customer.send("change").location == customer.path
    assert "You cancelled the payment" in customer.words()
    customer.finish(sandbox, customer.pay("paypal"), "approve")
    assert "Payment received" in customer.words()
    assert "Payment withdrawn" in requests.get(page_url, timeout=10).text, "the first one can no longer be paid"


def test_a_pending_payment_waits_and_is_checked_by_hand(app: Flask, sandbox: SandboxService) -> None:
    customer = Customer(app)
    reply = customer.finish(sandbox, customer.pay(), "pending")
    assert "We are confirming your payment" in words_of(reply)
    assert "you will not be charged twice" in words_of(reply)
    assert "http-equiv" not in reply.text, "a page that reloads by itself takes the reader's place away"
    assert customer.send("change").location == customer.path
    assert "We are confirming your payment" in customer.words(), "what the bank decides on cannot be given up"
    until_paid(customer)


def until_paid(customer: Customer) -> None:
    def is_paid() -> bool:
        assert customer.send("check").location == customer.path
        return "Payment received" in customer.words()

    # Slower than the limit on checks, which is sixty a minute.
    assert wait_until(is_paid, seconds=50, pause=1.0), customer.words()


def test_status_says_whether_the_page_has_changed(app: Flask, sandbox: SandboxService) -> None:
    customer = Customer(app)
    status = f"{customer.path}/status"
    assert customer.client.get(status).json == {"state": "choose", "changed": False}
    page_url = customer.pay()
    assert customer.client.get(f"{status}?seen=continue").json == {"state": "continue", "changed": False}
    customer.finish(sandbox, page_url, "approve")
    assert customer.client.get(f"{status}?seen=continue").json == {"state": "paid", "changed": True}


def test_a_lost_reply_is_confirmed_and_never_paid_twice(app: Flask, sandbox: SandboxService) -> None:
    customer = Customer(app)
    sandbox.faults("north", drop_reply=1)
    assert customer.pay() == customer.path
    assert "The payment service has not answered yet" in customer.words()
    assert customer.pay("paypal") == customer.path, "no second provider is tried meanwhile"
    sandbox.reset_faults()
    customer.send("check")
    assert "Finish your payment" in customer.words()
    with app.app_context():
        assert len(attempts_of(customer.session_id)) == 1


def test_an_expired_session_says_until_when_it_could_be_paid(app: Flask) -> None:
    customer = Customer(app)
    with app.app_context():
        let_time_pass(customer.session_id)
    page = customer.look()
    assert page.status_code == 410
    assert "This checkout has expired" in words_of(page)
    assert 'href="https://shop.example.com/cart"' in page.text
    before = counts(app)
    assert customer.send("pay", method="card", accept_terms="yes").status_code == 410
    assert counts(app) == before


def test_another_sessions_attempt_is_not_found(app: Flask) -> None:
    one, other = Customer(app), Customer(app)
    one.pay()
    with app.app_context():
        attempt_id = attempts_of(one.session_id)[0].id
    before = counts(app)
    for known in (attempt_id, "att_" + "0" * 32, "att_x", "\0"):
        assert other.client.get(f"{other.path}/return/{known}").status_code in (400, 404)
    assert counts(app) == before


def test_no_query_parameter_changes_what_is_shown(app: Flask) -> None:
    customer = Customer(app)
    plain = customer.look().text
    for query in ("?status=paid&outcome=approve", "?lang=de&amount=1", "?method=card&accept_terms=yes&again=1"):
        assert customer.look(query).text == plain


def test_a_forms_address_opened_by_hand_leads_to_the_page(app: Flask) -> None:
    customer = Customer(app)
    for step in ("pay", "check", "change"):
        assert customer.client.get(f"{customer.path}/{step}").location == customer.path
