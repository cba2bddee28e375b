"""Pay by link in the sample shop: asked for, sent once, told without secrets, and no way to flood anybody."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import PaymentLink, db
from app.services import link_addresses
from tests.support.customer import words_of
from tests.support.links import new_link

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

CART = {"country": "IT", "lang": "en", "lantern": "1", "moka": "2"}
FORM = CART | {"to": "Ada@example.com", "accept_terms": "yes"}


def links_of(app: Flask) -> list[PaymentLink]:
    with app.app_context():
        return list(db.session.scalars(select(PaymentLink).order_by(PaymentLink.id)))


def test_the_carts_link_is_sent_and_the_page_tells_no_secret(client: FlaskClient, app: Flask) -> None:
    assert "Total €159.70" in words_of(client.get("/shop/link", query_string=CART))
    reply = client.post("/shop/link", data=FORM)
    assert reply.status_code == 303
    assert "example.com" not in reply.location
    (link,) = links_of(app)
    assert (link.email, link.amount, link.sent_count, link.created_by) == ("Ada@example.com", 15970, 1, "shop")
    assert link.terms_accepted_at is not None
    assert link.attributes == {"channel": "online", "device": "desktop", "product_categories": ["physical"]}
    page = client.get(reply.location)
    assert "We have sent it to A•••@example.com" in words_of(page)
    with app.app_context():
        assert link_addresses.token_of(link.id) not in page.text


def test_a_number_as_people_write_it_is_understood(client: FlaskClient, app: Flask) -> None:
    reply = client.post("/shop/link", data=FORM | {"to": "0039 (333) 123-45.67"})
    assert "+39 ••• 67" in words_of(client.get(reply.location))
    assert links_of(app)[0].phone == "+393331234567"


@pytest.mark.parametrize(
    "typed", ["", "ada", "ada@example", "a@b.c d", "333 1234567", "+39", "+39333123456789012", "x" * 3000]
)
def test_what_is_missing_is_said_and_nothing_is_sent(client: FlaskClient, app: Flask, typed: str) -> None:
    page = client.post("/shop/link", data=CART | {"to": typed})
    assert page.status_code == 422
    assert "Give an e-mail address" in words_of(page)
    assert "Accept the terms to continue" in words_of(page)
    assert links_of(app) == []


def test_an_empty_cart_has_no_link(client: FlaskClient, app: Flask) -> None:
    for page in (client.get("/shop/link?lang=en&moka=0"), client.post("/shop/link", data={"to": "ada@example.com"})):
        assert page.status_code == 422
    assert links_of(app) == []


def test_a_number_is_not_flooded_by_writing_it_otherwise(client: FlaskClient) -> None:
    written = ("+39 333 1234567", "0039-333-1234567", "+393331234567", "(+39) 333 12 34 567", "+39.333.1234567")
    assert [client.post("/shop/link", data=FORM | {"to": to}).status_code for to in written] == [303] * 5
    assert client.post("/shop/link", data=FORM | {"to": "00393331234567"}).status_code == 429


def test_nobody_is_flooded_and_nobody_floods(client: FlaskClient, app: Flask) -> None:
    for _ in range(3):
        client.post("/shop/link", data=FORM | {"to": "ada"})
    written = ("ada@example.com", " ADA@example.com", "Ada@Example.com ", "ada@example.com", "ada@EXAMPLE.com")
    assert [client.post("/shop/link", data=FORM | {"to": to}).status_code for to in written] == [303] * 5
    assert client.post("/shop/link", data=FORM).status_code == 429
    others = [client.post("/shop/link", data=FORM | {"to": f"p{n}@example.com"}).status_code for n in range(16)]
    assert others == [303] * 15 + [429]
    assert len(links_of(app)) == 20


def test_the_shop_tells_of_its_own_links_only(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        foreign = new_link().id
    for link_id in (foreign, "plink_" + "0" * 32, "x"):
        assert client.get(f"/shop/link/sent/{link_id}").status_code == 404
