"""Payment links in the backoffice: found, made, sent again and revoked by whoever may, and shown with their life."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.statuses import PaymentStatus
from app.models import PaymentLink, db
from app.services import attempts, link_addresses, payment_links
from app.services.transaction import transaction
from providers.interface import ChargeState
from tests.support.backoffice import Operator, add_person, words
from tests.support.flow import pay, told
from tests.support.links import end, follow, new_link, shift, told_of
from tests.support.rows import payment_row, session_row

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

FORM = {
    "amount": "49.90",
    "currency": "EUR",
    "reference": "order-7",
    "to": "ada@example.com",
    "locale": "it",
    "days": "3",
    "max_payments": "1",
    "terms": "yes",
}


def all_links(app: Flask) -> list[PaymentLink]:
    with app.app_context():
        return list(db.session.scalars(select(PaymentLink).order_by(PaymentLink.id)))


def test_the_search_box_finds_links_by_address_and_by_reference(app: Flask) -> None:
    with app.app_context():
        first, second = new_link(reference="gift-1").id, new_link(reference="gift-2").id
    add_person(app, "author@example.com", "rules_author")
    operator, author = Operator(app), Operator(app, "author@example.com")
    found = operator.page("/admin/search/?q=ada@example.com")
    assert f"/admin/links/{first}" in found
    assert f"/admin/links/{second}" in found
    assert operator.get("/admin/search/?q=gift-2").location == f"/admin/links/{second}"
    assert "Nothing found" in author.words("/admin/search/?q=gift-2")  # whoever sees no links finds none


def test_the_list_is_found_by_view_and_by_address(app: Flask) -> None:
    with app.app_context():
        opened = new_link(reference="opened")
        follow(opened)
        paid = new_link(reference="paid", email="bob@example.com")
        attempt = pay(follow(paid))
        attempts.apply_charge(attempt.id, told(attempt, ChargeState.SUCCEEDED), actor="tester")
        revoked = new_link(reference="revoked")
        payment_links.revoke(revoked.id, actor="tester")
        new_link(reference="fresh")
    operator = Operator(app)
    seen = {
        view: {name for name in ("opened", "paid", "revoked", "fresh") if f">{name}<" in operator.page(address)}
        for view, address in {
            "all": "/admin/links/",
            "opened": "/admin/links/?view=opened",
            "paid": "/admin/links/?view=paid",
            "revoked": "/admin/links/?view=revoked",
            "bob": "/admin/links/?email=bob@example.com",
        }.items()
    }
    assert seen == {
        "all": {"opened", "paid", "revoked", "fresh"},
        "opened": {"opened"},
        "paid": {"paid"},
        "revoked": {"revoked"},
        "bob": {"paid"},
    }


def test_the_form_for_a_new_link_makes_one_however_often_it_is_sent(app: Flask) -> None:
    operator = Operator(app)
    found = re.search(r'name="link_id" value="(plink_\w+)"', operator.page("/admin/links/new"))
    assert found is not None
    for amount in ("49.90", "49.90", "12.00"):
        reply = operator.press("/admin/links/new", **(FORM | {"link_id": found[1], "amount": amount}))
        assert reply.location.endswith(found[1])
    assert "This form was sent before" in operator.words(f"/admin/links/{found[1]}")
    assert [(link.id, link.amount, link.sent_count) for link in all_links(app)] == [(found[1], 4990, 1)]


def test_the_page_tells_the_life_of_a_link(app: Flask) -> None:
    with app.app_context():
        link = new_link()
        attempt = pay(follow(link))
        attempts.apply_charge(attempt.id, told(attempt, ChargeState.SUCCEEDED), actor="tester")
        path, payment_id = f"/admin/links/{link.id}", attempt.payment_id
    page = Operator(app).words(path)
    life = page[page.index("Timeline") : page.index("Details")]
    order = ["Payment link: Paid", "Payment link: Opened", "Message to the customer: Sent", "Payment link: Active"]
    assert [life.index(what) for what in order] == sorted(life.index(what) for what in order), life
    assert "paid 1 of 1" in page
    assert "Paid by link" in Operator(app).words(f"/admin/payments/{payment_id}")


def test_an_operator_makes_a_link_and_has_its_address(app: Flask) -> None:
    operator = Operator(app)
    assert operator.get("/admin/links/new").status_code == 200
    reply = operator.press("/admin/links/new", **FORM)
    assert reply.status_code == 302, words(reply.text)
    (link,) = all_links(app)
    assert (link.amount, link.currency, link.locale, link.email) == (4990, "EUR", "it", "ada@example.com")
    assert (link.sent_count, link.success_url, link.terms_accepted_at is not None) == (1, "", True)
    assert link.expires_at - link.created_at == pytest.approx(timedelta(days=3), abs=timedelta(seconds=5))
    assert link.created_by == "user:operator@example.com"
    page = operator.page(f"/admin/links/{link.id}")
    with app.app_context():
        assert link_addresses.token_of(link.id) in page


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("amount", "much"),
        ("amount", "0"),
        ("currency", "XXX"),
        ("reference", " "),
        ("to", "somebody"),
        ("country", "ZZ"),
        ("locale", "xx"),
        ("days", "91"),
        ("days", "soon"),
        ("max_payments", "0"),
        ("name", "\x07"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(app: Flask, field: str, typed: str) -> None:
    reply = Operator(app).press("/admin/links/new", **(FORM | {field: typed}))
    assert reply.status_code == 422
    assert f'id="field-{field}-error"' in reply.text
    assert 'value="order-7"' in reply.text or field == "reference"
    assert all_links(app) == []


def test_terms_are_one_persons_to_accept(app: Flask) -> None:
    reply = Operator(app).press("/admin/links/new", **(FORM | {"max_payments": "2"}))
    assert (reply.status_code, 'id="field-terms-error"' in reply.text) == (422, True)


def test_a_payment_that_was_not_made_is_asked_for_again_by_link(app: Flask) -> None:
    with app.app_context(), transaction():
        items = [{"name": "Moka", "quantity": 1, "amount": 12990}]
        session = session_row(items=items, attributes={"channel": "phone"}, status="expired", locale="de-AT")
        payment_id = payment_row(session, status=PaymentStatus.FAILED).id
    operator = Operator(app)
    assert f"/admin/links/new?payment={payment_id}" in operator.page(f"/admin/payments/{payment_id}")
    page = operator.page(f"/admin/links/new?payment={payment_id}")
    for typed in ('value="129.90"', 'value="ada@example.com"', 'value="order-1001"', 'value="de-AT" selected'):
        assert typed in page
    form = FORM | {"amount": "129.90", "locale": "de-AT", "country": "IT", "like": payment_id}
    assert operator.press("/admin/links/new", **form).status_code == 302
    assert operator.press("/admin/links/new", **(form | {"amount": "99.90"})).status_code == 302
    same, cheaper = all_links(app)
    assert (same.items, same.attributes, same.success_url) == (
        items,
        {"channel": "phone"},
        "https://shop.example.com/thanks",
    )
    assert cheaper.items == [], "what the items add up to is no longer asked for"


def test_sending_again_and_revoking(app: Flask) -> None:
    with app.app_context():
        link_id = new_link().id
    operator = Operator(app)
    path = f"/admin/links/{link_id}"
    operator.press(f"{path}/send")
    assert "can be sent again at" in operator.words(path)
    with app.app_context():
        shift(link_id, timedelta(minutes=2), "sent_at")
    operator.press(f"{path}/send")
    assert "It is on its way to ada@example.com" in operator.words(path)
    operator.press(f"{path}/revoke")
    after = operator.page(path)
    assert "It is revoked" in words(after)
    assert "/send" not in after
    operator.press(f"{path}/send")
    assert "was revoked" in operator.words(path)
    with app.app_context():
        assert told_of(link_id) == ["payment_link.sent", "payment_link.sent", "payment_link.revoked"]
    assert operator.press("/admin/links/plink_1/revoke").status_code == 404


def test_who_may_only_look_sees_no_address_and_no_button(app: Flask) -> None:
    with app.app_context():
        link = new_link()
        link_id, token = link.id, link_addresses.token_of(link.id)
        over = new_link()
        end(over.id)
    add_person(app, "viewer@example.com", "viewer")
    viewer = Operator(app, email="viewer@example.com")
    page = viewer.page(f"/admin/links/{link_id}")
    assert token not in page
    assert "/revoke" not in page
    assert "New payment link" not in viewer.page("/admin/links/")
    for path in (f"/admin/links/{link_id}/revoke", f"/admin/links/{link_id}/send", "/admin/links/new"):
        assert viewer.press(path).status_code == 403
