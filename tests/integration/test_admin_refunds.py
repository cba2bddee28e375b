"""Refunds in the backoffice: looked over before they are asked for, asked for once, agreed to by somebody else."""

import re

import pytest
from flask import Flask

from app.domain.statuses import PaymentStatus
from app.services import refunds
from app.services.transaction import transaction
from tests.support.backoffice import Operator, add_person
from tests.support.flow import run_jobs
from tests.support.forms import Form
from tests.support.hub import ADMIN_EMAIL
from tests.support.refunding import collected, need_approval_above, refunds_of, sums
from tests.support.rows import payment_row
from tests.support.sandbox import SandboxService

HIDDEN = re.compile(r'<input type="hidden" name="(refund\w*|amount|reason|note)" value="([^"]*)">')


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """What pages show does not depend on the kind of database."""
    return str(request.param)


@pytest.fixture
def payment(app: Flask, sandbox: SandboxService) -> str:
    """A payment of 129.90 EUR that was collected."""
    with app.app_context():
        return collected(sandbox)


def test_a_refund_is_looked_over_then_asked_for_once(app: Flask, payment: str) -> None:
    operator, path = Operator(app), f"/admin/refunds/new/{payment}"
    assert Form(operator.page(f"/admin/payments/{payment}"), "form").value("amount") == "129.90"
    looked = operator.press(path, amount="1 000", reason="other", do="check")
    assert (looked.status_code, "Only €129.90 is left" in looked.text) == (422, True)
    looked = operator.press(path, amount="20,28", reason="goods_returned", note=" Too\nsmall ", do="check")
    for said in ("Give back €20.28?", "ada@example.com", "Card through North", "Goods were returned", "€109.62"):
        assert said in looked.text
    given = dict(HIDDEN.findall(looked.text))
    changed = operator.press(path, **given, do="change")
    assert 'value="20,28"' in changed.text
    for _ in range(2):  # a double click
        assert operator.press(path, **given, do="send").status_code == 302
    with app.app_context():
        assert sums(payment) == ("paid", 0, 2028)
        [refund] = refunds_of(payment)
        assert (refund.amount, refund.note, refund.requested_by) == (2028, "Too small", f"user:{ADMIN_EMAIL}")
        refund_id = refund.id
        run_jobs()
    words = operator.words(f"/admin/payments/{payment}")
    assert "Partly refunded" in words
    assert "Refund of €20.28: Refunded" in words
    assert "€20.28" in operator.words("/admin/refunds/?view=mine")
    assert "Refunded" in operator.words("/admin/")  # whoever asked sees how it went
    assert "Automatic checks 1" in operator.words(f"/admin/refunds/{refund_id}")
    assert operator.get(f"/admin/search/?q={refund_id}").location == f"/admin/refunds/{refund_id}"


def test_a_failure_says_why_and_nothing_was_given_back(app: Flask, sandbox: SandboxService, payment: str) -> None:
    operator = Operator(app)
    operator.press(f"/admin/refunds/new/{payment}", amount="5", reason="other", do="send")
    sandbox.faults("north", refuse_refunds=1)
    with app.app_context():
        run_jobs()
    words = operator.words(f"/admin/payments/{payment}")
    assert "Declined for good: The sandbox was told to refuse refunds. Nothing was given back." in words
    assert "Left €129.90" in words


def test_somebody_else_agrees_or_turns_down(app: Flask, payment: str) -> None:
    add_person(app, "ben@example.com", "operator")
    add_person(app, "vera@example.com", "viewer")
    asker, other, viewer = Operator(app), Operator(app, "ben@example.com"), Operator(app, "vera@example.com")
    with app.app_context():
        need_approval_above(1000)
    path = f"/admin/refunds/new/{payment}"
    assert "Ask for approval" in asker.press(path, amount="10.01", reason="other", do="check").text
    for amount in ("10.01", "20"):
        asker.press(path, amount=amount, reason="other", do="send")
    with app.app_context():
        first, second = (refund.id for refund in refunds_of(payment))
    assert "2 refunds that wait for your approval" in other.words("/admin/")
    assert "wait for your approval" not in asker.words("/admin/")  # never their own
    assert "Approve €10.01" not in asker.page(f"/admin/refunds/{first}")
    asker.press(f"/admin/refunds/{first}/approve")
    assert "cannot agree to it" in asker.words(f"/admin/refunds/{first}")
    for do in ("approve", "reject"):
        assert viewer.press(f"/admin/refunds/{first}/{do}").status_code == 403
    assert "Approve €10.01" in other.page(f"/admin/refunds/{first}")
    other.press(f"/admin/refunds/{first}/approve")
    other.press(f"/admin/refunds/{second}/reject", note="Not without the parcel")
    assert "Turned down" in asker.words(f"/admin/refunds/{second}")
    assert "Not without the parcel" in asker.words(f"/admin/refunds/{second}")
    with app.app_context():
        run_jobs()
        assert sums(payment) == ("partially_refunded", 1001, 0)
    assert "Approved" in asker.words(f"/admin/payments/{payment}")


def test_several_payments_are_given_back_each_exactly_and_the_refused_are_named(
    app: Flask, sandbox: SandboxService, payment: str
) -> None:
    operator = Operator(app)
    with app.app_context():
        others = [collected(sandbox, amount=4500), collected(sandbox, currency="USD")]
        with transaction():
            unpaid = payment_row(reference="never-paid").id
        refunds.request(others[0], amount=1000, actor="api:key")
        with transaction():
            assert refunds_of(unpaid) == []
    page = operator.page("/admin/payments/")
    assert f'value="{payment}" form="chosen"' in page
    assert f'value="{unpaid}" form="chosen"' not in page
    chosen = {"payment": [payment, *others, unpaid, "pay_made-up"]}
    looked = operator.press("/admin/refunds/several/", **chosen)
    assert "Give back €164.90 and US$129.90?" in looked.text
    assert "never-paid</a>: This payment collected nothing" in looked.text
    lines = [value for name, value in HIDDEN.findall(looked.text) if name == "refund"]
    assert len(lines) == 3
    with app.app_context():
        refunds.request(payment, amount=1, actor="api:key")  # meanwhile: what was looked over no longer holds
    form = {"refund": [*lines, "pay_x:1:re_x", ""], "reason": "other", "do": "send"}
    for _ in range(2):
        sent = operator.press("/admin/refunds/several/", **form)
        assert "€35.00 and US$129.90 asked for" in sent.text
        assert "Only €129.89 is left to give back" in sent.text
    with app.app_context():
        run_jobs()
        assert [sums(each) for each in (payment, *others)] == [
            ("partially_refunded", 1, 0),
            ("refunded", 4500, 0),
            ("refunded", 12990, 0),
        ]
        assert sums(unpaid)[0] == PaymentStatus.PENDING
    assert "Nothing to give back" in operator.press("/admin/refunds/several/", payment=unpaid).text
    assert operator.press("/admin/refunds/several/", **{**form, "reason": "x"}).status_code == 200


@pytest.mark.parametrize("amount", ["", "0", "-5", "1e3", "5.001", "<b>5</b>", "9" * 40, "٥"])
def test_an_amount_that_is_none_is_answered_beside_the_field(app: Flask, payment: str, amount: str) -> None:
    for do in ("check", "send", "", "x"):
        reply = Operator(app).press(f"/admin/refunds/new/{payment}", amount=amount, reason="other", do=do)
        assert (reply.status_code, 'id="field-amount-error"' in reply.text) == (422, True)
    with app.app_context():
        assert sums(payment) == ("paid", 0, 0)
