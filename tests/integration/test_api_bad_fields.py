"""Bad fields of a session: each is answered with a status, the field and a fix, and nothing is stored."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.api import Api, session_body
from tests.support.problems import assert_problem

Count = Callable[[], dict[str, int]]
SESSIONS = "/v1/checkout/sessions"


def customer(**changes: Any) -> dict[str, Any]:
    return {"customer": {"email": "ada@example.com", "country": "IT", "type": "consumer"} | changes}


def attributes(**changes: Any) -> dict[str, Any]:
    return {"attributes": changes}


WHOLE = "whole number"
BAD_FIELDS: list[tuple[str, dict[str, Any], str, str]] = [
    ("amount zero", {"amount": 0}, "amount", "from 1"),
    ("amount negative", {"amount": -12990}, "amount", "from 1"),
    ("amount float", {"amount": 129.9}, "amount", WHOLE),
    ("amount whole float", {"amount": 129.0}, "amount", WHOLE),
    ("amount string", {"amount": "12990"}, "amount", WHOLE),
    ("amount true", {"amount": True}, "amount", WHOLE),
    ("amount list", {"amount": [12990]}, "amount", WHOLE),
    ("amount 10^30", {"amount": 10**30}, "amount", "from 1 to"),
    ("amount just over", {"amount": 10**12 + 1}, "amount", "from 1 to"),
    ("currency unknown", {"currency": "XXX"}, "currency", "ISO 4217"),
    ("currency lower case", {"currency": "eur"}, "currency", "capitals"),
    ("currency empty", {"currency": ""}, "currency", "ISO 4217"),
    ("currency number", {"currency": 978}, "currency", "string"),
    ("reference empty", {"reference": ""}, "reference", "between 1 and 100"),
    ("reference blank", {"reference": "   "}, "reference", "printable"),
    ("reference long", {"reference": "x" * 101}, "reference", "between 1 and 100"),
    ("reference of two lines", {"reference": "a\nb"}, "reference", "printable"),
    ("reference with NUL", {"reference": "a\x00b"}, "reference", "control character 0"),
    ("reference half a pair", {"reference": "a\ud800b"}, "reference", "half"),
    ("mode unknown", {"mode": "gift"}, "mode", "one of"),
    ("email malformed", customer(email="ada"), "customer.email", "email"),
    ("country unknown", customer(country="ZZ"), "customer.country", "ISO 3166"),
    ("country lower case", customer(country="it"), "customer.country", "capitals"),
    ("country of three letters", customer(country="ITA"), "customer.country", "ISO 3166"),
    ("customer type unknown", customer(type="robot"), "customer.type", "one of"),
    ("returning as text", customer(returning="yes"), "customer.returning", "true or false"),
    ("returning as number", customer(returning=1), "customer.returning", "true or false"),
    ("customer unknown field", customer(iban="IT60"), "customer.iban", "unknown"),
    ("customer is a list", {"customer": []}, "customer", "object"),
    ("attribute unknown", attributes(shoe_size=44), "attributes.shoe_size", "attribute"),
    ("attribute list expected", attributes(product_categories="physical"), "attributes.product_categories", "list"),
    ("attribute of a wrong choice", attributes(channel="by pigeon"), "attributes.channel", "one of"),
    ("attribute of a wrong type", attributes(channel=7), "attributes.channel", "text"),
    ("attribute nested", attributes(channel={"in": "store"}), "attributes.channel", "text"),
    ("attribute that the hub computes", attributes(attempts=0), "attributes.attempts", "leave it out"),
    ("attribute stated elsewhere", attributes(country="IT"), "attributes.country", "customer.country"),
    ("attribute amount smuggled", attributes(amount=1), "attributes.amount", "amount"),
    ("attribute of the engine", {"attributes": {"sid": "1"}}, "attributes.sid", "attribute"),
    ("attribute with a dollar", {"attributes": {"$s": 1}}, "attributes.$s", "attribute"),
    ("attributes is a list", {"attributes": []}, "attributes", "mapping"),
    ("item without a name", {"items": [{"amount": 1}]}, "items[0].name", "required"),
    ("item of nothing", {"items": [{"name": "a", "amount": 0}]}, "items[0].amount", "from 1"),
    ("item half a piece", {"items": [{"name": "a", "amount": 1, "quantity": 0.5}]}, "items[0].quantity", "integer"),
    ("too many items", {"items": [{"name": "a", "amount": 1}] * 101}, "items", "100"),
    ("locale unknown", {"locale": "klingon"}, "locale", "language tag"),
    ("locale hostile", {"locale": "../../etc"}, "locale", "language tag"),
    ("field unknown", {"amount_in_euros": 5}, "amount_in_euros", "unknown"),
]


@pytest.mark.parametrize(("changes", "field", "fix"), [pytest.param(*case, id=name) for name, *case in BAD_FIELDS])
def test_a_wrong_field_is_named_with_its_fix(
    kept_api: Api, unchanged: Count, changes: dict[str, Any], field: str, fix: str
) -> None:
    before = unchanged()
    assert_problem(kept_api.post(SESSIONS, session_body(**changes)), 422, field, fix)
    assert unchanged() == before


@pytest.mark.parametrize("field", ["amount", "currency", "reference", "success_url", "failure_url"])
def test_a_missing_or_empty_field_is_named(kept_api: Api, unchanged: Count, field: str) -> None:
    before = unchanged()
    assert_problem(kept_api.post(SESSIONS, session_body(**{field: None})), 422, field, "required")
    assert_problem(kept_api.post(SESSIONS, session_body() | {field: None}), 422, field, "null")
    assert unchanged() == before


@pytest.mark.parametrize("field", ["success_url", "failure_url"])
@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.net/",
        "https://shop.example.com.evil.example.net/",
        "https://shop.example.com@evil.example.net/",
        "//shop.example.com/",
        "/thanks",
        "javascript:alert(1)",
        "JaVaScRiPt://shop.example.com/%0aalert(1)",
        "data:text/html,hello",
        "ftp://shop.example.com/",
        "https://shop.example.com\\@evil.example.net/",
        "https://shop.example.com/\nSet-Cookie: a=b",
        'https://shop.example.com/"><script>',
        "https://",
        "https://[::1",
        "https://shop.example.com:99999/",
        "https://shop.example.com:-1/",
        "https://shop.example.com:port/",
        "https://xn--shp-0na.example.com/",
        "not an address",
        "",
        7,
    ],
)
def test_customers_are_sent_back_to_the_shop_only(kept_api: Api, unchanged: Count, field: str, url: Any) -> None:
    before = unchanged()
    assert_problem(kept_api.post(SESSIONS, session_body(**{field: url})), 422, field, "")
    assert unchanged() == before
