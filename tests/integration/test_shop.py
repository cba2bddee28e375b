"""The sample shop: a cart in the address, customers to play, and real checkout sessions behind its one button."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.checkout.shop.goods import PRESETS
from app.models import CheckoutSession, db
from tests.support.customer import methods_on, words_of
from tests.support.hub import variant
from tests.support.rows import row_counts

ITALIAN = {"country": "IT", "lang": "it", "lantern": "1", "moka": "1"}
FIRST_METHODS = {
    "Italian consumer": ["card", "satispay", "bancomat_pay"],
    "German business": ["invoice", "bank_transfer", "sepa_debit"],
    "In-store in Milan": ["in_store_terminal", "satispay", "bancomat_pay"],
    "Dutch buyer": ["ideal", "klarna", "card"],
    "High value": ["bank_transfer", "card"],
    "In instalments": ["card", "instalments", "klarna"],
    "Digital only": ["apple_pay", "google_pay", "card"],
    "A present": ["card", "apple_pay", "google_pay"],
    "Known, on the phone": ["paypal", "card", "satispay"],
    "Swiss francs": ["card", "paypal"],
}


def sessions_of(app: Flask) -> list[CheckoutSession]:
    with app.app_context():
        return list(db.session.scalars(select(CheckoutSession).order_by(CheckoutSession.created_at)))


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: str(preset.query))
def test_every_customer_to_play_meets_the_checkout_made_for_them(
    client: FlaskClient, app: Flask, preset: object
) -> None:
    with app.test_request_context("/shop", headers={"Accept-Language": "en"}):
        name = str(preset.name)
    reply = client.post("/shop/checkout", data=preset.query, follow_redirects=True)
    assert reply.status_code == 200
    expected = FIRST_METHODS[name]
    assert methods_on(reply)[: len(expected)] == expected


def test_the_session_holds_the_cart_as_facts_and_items(client: FlaskClient, app: Flask) -> None:
    form = ITALIAN | {
        "customer_type": "business",
        "channel": "phone",
        "device": "tablet",
        "returning": "yes",
        "map": "2",
    }
    reply = client.post("/shop/checkout", data=form)
    (session,) = sessions_of(app)
    assert (reply.status_code, reply.location) == (303, f"/checkout/{session.id}")
    assert (session.amount, session.currency, session.locale, session.flow) == (15460, "EUR", "it", "direct")
    assert session.customer == {"country": "IT", "type": "business", "returning": True}
    assert session.attributes == {
        "channel": "phone",
        "device": "tablet",
        "product_categories": ["physical", "digital"],
    }
    assert [(item["quantity"], item["amount"]) for item in session.items] == [(1, 3490), (1, 8990), (2, 1490)]
    assert sum(item["quantity"] * item["amount"] for item in session.items) == session.amount


def test_who_comes_back_without_paying_finds_the_same_cart(client: FlaskClient, app: Flask) -> None:
    client.post("/shop/checkout", data=ITALIAN)
    (session,) = sessions_of(app)
    back = client.get(session.failure_url.removeprefix("http://localhost"))
    assert "L'ordine non è stato pagato. Il tuo carrello è ancora qui." in words_of(back)
    assert "Totale 124,80" in words_of(back)
    thanks = client.get(session.success_url.removeprefix("http://localhost"))
    assert "Grazie per il tuo acquisto" in words_of(thanks)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"country": "XX"}, "country"),
        ({"customer_type": "robot"}, "customer_type"),
        ({"channel": ""}, "channel"),
        ({"device": "fridge"}, "device"),
        ({"currency": "BTC"}, "currency"),
        ({"moka": "10"}, "moka"),
        ({"moka": "-1"}, "moka"),
        ({"moka": "1.5"}, "moka"),
        ({"moka": "²"}, "moka"),
        ({"extra": "12.345"}, "extra"),
        ({"extra": "-5"}, "extra"),
        ({"extra": "1e30"}, "extra"),
        ({"extra": "1e999999"}, "extra"),
        ({"extra": "1e-999999"}, "extra"),
        ({"extra": "1e999999999999999999999"}, "extra"),
        ({"extra": "NaN"}, "extra"),
        ({"extra": "a lot"}, "extra"),
        ({"extra": "1250.5", "currency": "JPY"}, "extra"),
    ],
)
def test_a_wrong_field_is_told_beside_it_and_opens_nothing(
    client: FlaskClient, app: Flask, form: dict[str, str], field: str
) -> None:
    with app.app_context():
        before = row_counts()
    reply = client.post("/shop/checkout", data=ITALIAN | form)
    assert reply.status_code == 422
    assert f'href="#{field}"' in reply.text
    assert f'id="{field}-problem"' in reply.text
    with app.app_context():
        assert row_counts() == before


@pytest.mark.parametrize("extra", ["1e999999", "-1e999999", "1e-999999", "9" * 5000, "sNaN", "-Infinity"])
@pytest.mark.parametrize("path", ["/shop", "/shop/cart", "/shop/thanks"])
def test_no_amount_in_the_address_breaks_a_page(client: FlaskClient, path: str, extra: str) -> None:
    reply = client.get(path, query_string=ITALIAN | {"extra": extra})
    assert (reply.status_code, reply.mimetype) == (200, "text/html")


def test_an_empty_cart_is_not_checked_out(client: FlaskClient, app: Flask) -> None:
    reply = client.post("/shop/checkout", data={"country": "IT", "lang": "en", "moka": "0"})
    assert reply.status_code == 422
    assert "Your cart is empty" in words_of(reply)
    assert sessions_of(app) == []


def test_an_amount_of_ones_own_is_written_as_people_write_it(client: FlaskClient, app: Flask) -> None:
    for text in ("0,50", "0.5"):
        client.post("/shop/checkout", data={"country": "IT", "extra": text})
    assert [session.amount for session in sessions_of(app)] == [50, 50]


def test_plus_and_minus_work_without_script(client: FlaskClient) -> None:
    more = client.get("/shop", query_string=ITALIAN | {"more": "moka"})
    assert re.search(r'name="moka"[^>]* value="2"', more.text)
    less = client.get("/shop", query_string=ITALIAN | {"less": "moka"})
    assert re.search(r'name="moka"[^>]* value="0"', less.text)


def test_prices_follow_the_currency(client: FlaskClient) -> None:
    words = words_of(client.get("/shop", query_string=ITALIAN | {"lang": "en", "currency": "JPY"}))
    assert "¥5,689" in words
    words = words_of(client.get("/shop", query_string=ITALIAN | {"lang": "en", "currency": "KWD"}))
    assert "KWD\xa011.500" in words.replace("KWD 11", "KWD\xa011")


def test_the_chosen_customer_is_marked(client: FlaskClient) -> None:
    page = client.get("/shop", query_string=ITALIAN).text
    (marked,) = re.findall(r'href="([^"]+)" aria-current="true"', page)
    assert dict(parse_qsl(urlsplit(marked.replace("&amp;", "&")).query)) == ITALIAN


def test_the_shop_speaks_the_browsers_language_until_told_otherwise(client: FlaskClient) -> None:
    german = client.get("/shop", headers={"Accept-Language": "de"})
    assert 'lang="de"' in german.text
    assert 'lang="it"' in client.get("/shop?lang=it", headers={"Accept-Language": "de"}).text


def test_there_is_no_shop_where_money_is_real(app: Flask) -> None:
    real = variant(app, demo=False).test_client()
    assert real.get("/shop").status_code == 404
    assert "Test mode" not in real.get("/nowhere").text


def test_the_look_is_kept_by_browsers_until_it_changes(app: Flask, tmp_path: Path) -> None:
    client = app.test_client()
    page = client.get("/shop").text
    addresses = re.findall(r'(?:href|src)="(/checkout/(?:theme|static)[^"]+)"', page)
    assert len(addresses) >= 4
    for address in addresses:
        reply = client.get(address)
        assert reply.status_code == 200, address
        assert "max-age=31536000" in reply.headers["Cache-Control"], address
    theme = app.config["JUNCTION"].theme
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    changed = variant(app, theme=type(theme)(name="Lemon & Sons", accent="#ffd84d", logo=logo)).test_client()
    page = changed.get("/shop").text
    assert "Lemon &amp; Sons" in page
    assert not set(addresses[:1]) & set(re.findall(r'"(/checkout/theme[^"]+)"', page))
    served = changed.get("/checkout/theme/logo")
    assert served.mimetype == "image/svg+xml"
    assert "sandbox" in served.headers["Content-Security-Policy"]
    assert "#ffd84d" in changed.get("/checkout/theme.css").text
    assert "no-store" in changed.get("/checkout/theme.css").headers["Cache-Control"]
