"""The words of the hosted checkout: whose language they are in, and what amounts and notices they hold."""

from flask import Flask
from flask.testing import FlaskClient

from app.models import DecisionRecord, db
from tests.support.customer import Customer, words_of

UNKNOWN = "cs_" + "0" * 32


def test_errors_speak_the_language_of_the_browser(client: FlaskClient) -> None:
    reply = client.get(f"/checkout/{UNKNOWN}", headers={"Accept-Language": "de-CH,de;q=0.9"})
    assert 'lang="de"' in reply.text
    assert "Diese Seite gibt es nicht" in words_of(reply)


def test_the_session_decides_the_language_and_the_formats(app: Flask) -> None:
    for locale, lang, words in (
        ("it", "it", "Paga 129,90 €"),
        ("de-AT", "de", "€ 129,90 bezahlen"),
        ("fr", "en", "Pay 129,90 €"),
        ("tlh", "en", "Pay €129.90"),
    ):
        customer = Customer(app, locale=locale)
        reply = customer.client.get(customer.path, headers={"Accept-Language": "es"})
        assert f'<html lang="{lang}" dir="ltr">' in reply.text
        assert words in words_of(reply).replace("\xa0", " "), locale


def test_notices_come_in_the_customers_language_or_in_english(app: Flask) -> None:
    for locale, told in (("de", "Hallo"), ("it", "Hello")):
        customer = Customer(app, locale=locale)
        with app.app_context():
            record = db.session.scalar(db.select(DecisionRecord).filter_by(session_id=customer.session_id))
            record.outcome = record.outcome | {"notices": [{"en": "Hello", "de": "Hallo"}]}
            db.session.commit()
        assert told in customer.words()


def test_instalments_are_promised_from_the_amount(app: Flask) -> None:
    customer = Customer(app, amount=28390)
    assert "For example 3 payments of €94.64" in customer.words()


def test_sample_terms_stand_in_for_the_shops_own(app: Flask) -> None:
    customer = Customer(app)
    assert f'href="{customer.path}/terms"' in customer.look().text
    assert "This is a sample" in words_of(customer.client.get(f"{customer.path}/terms"))
