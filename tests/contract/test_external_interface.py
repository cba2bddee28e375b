"""The description of the interface for external providers: valid, and kept by the sandbox, the example and the hub."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import schemathesis
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.readers import read_from_filename

from providers.interface import ChargeRequest, RefundRequest, SubscriptionRequest
from providers.protocol import payloads, signing
from providers.sandbox.accounts import signing_secret
from tests.contract.conftest import STAND_INS
from tests.support.external import INTERFACE, SIGNING_SECRET, ExampleProvider, call
from tests.support.sandbox import MASTER_KEY
from tests.support.webhook_sink import WebhookSink

SOON = datetime.now(UTC) + timedelta(hours=1)
GUIDE = INTERFACE.parent / "external-provider.md"
DOCUMENT: dict[str, Any] = read_from_filename(str(INTERFACE))[0]


def check(body: object, schema: str) -> None:
    """Hold a body to one of the document's schemas."""
    Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    ).validate(body)


class Kept:
    """A service whose every answer is held to the document."""

    def __init__(self, url: str, secret: str, sink: WebhookSink) -> None:
        self.url, self.sink, self._secret = url, sink, secret
        self._document = schemathesis.openapi.from_path(INTERFACE)

    def call(self, method: str, operation: str, path: str = "", body: Any = None) -> requests.Response:
        reply = call(self.url, method, path or operation, body, secret=self._secret)
        self._document[operation][method].validate_response(reply)
        return reply


@pytest.fixture(scope="module")
def sandbox_kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    stand_in: Any = STAND_INS["external"](tmp_path_factory.mktemp("interface"))
    with stand_in.sink:
        stand_in.start()
        yield Kept(stand_in.service.url, signing_secret("north", MASTER_KEY), stand_in.sink)
        stand_in.kill()


@pytest.fixture(scope="module")
def example_kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    with WebhookSink() as sink, ExampleProvider(tmp_path_factory.mktemp("example"), sink.url) as example:
        yield Kept(example.url, SIGNING_SECRET, sink)


@pytest.fixture(params=["sandbox", "example"])
def kept(request: pytest.FixtureRequest) -> Kept:
    service: Kept = request.getfixturevalue(f"{request.param}_kept")
    return service


def charge_of(reference: str, **changes: Any) -> dict[str, Any]:
    """A charge request as the hub makes it, held to the document."""
    usual: dict[str, Any] = {
        "attempt_id": reference, "asked_at": SOON, "amount": 4990, "currency": "EUR", "method": "card",
        "reference": "Order 7", "return_url": "https://hub.example/back", "expires_at": SOON, "country": "IT",
    }  # fmt: skip
    body = payloads.charge(ChargeRequest(**usual | changes))
    check(body, "NewCharge")
    return body


def refund_of(reference: str, charge: str, amount: int) -> dict[str, Any]:
    """A refund request as the hub makes it, held to the document."""
    request = RefundRequest(refund_id=reference, provider_reference=charge, amount=amount, currency="EUR")
    body = payloads.refund(request)
    check(body, "NewRefund")
    return body


def test_the_document_is_valid() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_the_lines_of_the_guide_know_the_hub_by_its_signature() -> None:
    [lines] = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    known: dict[str, Any] = {}
    exec(lines, known)
    content = signing.request_content("POST", "/v1/charges", b'{"amount": 1}')
    headers = signing.sign([SIGNING_SECRET], "msg_1", content, datetime.now(UTC))
    assert known["is_the_hub"](SIGNING_SECRET, "POST", "/v1/charges", b'{"amount": 1}', headers)
    assert not known["is_the_hub"](SIGNING_SECRET, "POST", "/v1/refunds", b'{"amount": 1}', headers)
    assert not known["is_the_hub"](SIGNING_SECRET, "POST", "/v1/charges", b'{"amount": 2}', headers)


def test_every_answer_about_a_charge_and_its_refunds_is_as_described(kept: Kept) -> None:
    check(kept.call("GET", "/v1/capabilities").json(), "Capabilities")
    charge = kept.call("POST", "/v1/charges", body=charge_of("att_1")).json()
    assert kept.call("POST", "/v1/charges", body=charge_of("att_1")).json() == charge
    assert requests.post(charge["page_url"], {"outcome": "approve"}, allow_redirects=False).status_code in (302, 303)
    assert kept.call("GET", "/v1/charges", "/v1/charges?reference=att_1").json()["data"][0]["state"] == "succeeded"
    assert kept.call("GET", "/v1/charges", "/v1/charges?reference=att_2").json()["data"] == []
    refund = kept.call("POST", "/v1/refunds", body=refund_of("re_1", charge["id"], 990)).json()
    assert kept.call("GET", "/v1/refunds", "/v1/refunds?reference=re_1").json()["data"] == [refund]
    [told] = kept.sink.wait_for(lambda all_: any(b'"att_1"' in each.body for each in all_))[:1]
    check(json.loads(told.body), "Event")


REFUSED: dict[str, Callable[[Kept], requests.Response]] = {
    "another amount": lambda kept: kept.call("POST", "/v1/charges", body=charge_of("att_again", amount=5000)),
    "another currency": lambda kept: kept.call("POST", "/v1/charges", body=charge_of("att_again", currency="USD")),
    "a currency that is none": lambda kept: kept.call("POST", "/v1/charges", body=charge_of("att_x", currency="XXX")),
    "more than was paid": lambda kept: kept.call("POST", "/v1/refunds", body=refund_of("re_x", "ch_nothing", 1)),
    "no signature of ours": lambda kept: Kept(kept.url, "whsec_" + "A" * 32, kept.sink).call("GET", "/v1/capabilities"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refusal_is_as_described(kept: Kept, what: str) -> None:
    kept.call("POST", "/v1/charges", body=charge_of("att_again"))
    assert 400 <= REFUSED[what](kept).status_code < 500


def test_what_is_cancelled_can_be_paid_no_more(kept: Kept) -> None:
    charge = kept.call("POST", "/v1/charges", body=charge_of("att_c")).json()
    path = f"/v1/charges/{charge['id']}/cancel"
    assert kept.call("POST", "/v1/charges/{id}/cancel", path, {}).json()["state"] == "failed"
    requests.post(charge["page_url"], {"outcome": "approve"}, allow_redirects=False)
    assert kept.call("POST", "/v1/charges/{id}/cancel", path, {}).json()["state"] == "failed"


def test_what_only_some_services_have_is_as_described(sandbox_kept: Kept) -> None:
    kept = sandbox_kept
    paid = kept.call("POST", "/v1/charges", body=charge_of("att_s", save_for_later=True)).json()
    requests.post(paid["page_url"], {"outcome": "approve"}, allow_redirects=False)
    token = kept.call("GET", "/v1/charges", "/v1/charges?reference=att_s").json()["data"][0]["token"]
    wanted = SubscriptionRequest(
        subscription_id="sub_1", token=token, method="card", amount=990, currency="EUR", interval_unit="month",
        interval_count=1, anchor_on=SOON.date(), timezone="Europe/Rome", first_number=2, first_due_at=SOON,
    )  # fmt: skip
    body = payloads.subscription(wanted)
    check(body, "NewSubscription")
    started = kept.call("POST", "/v1/subscriptions", body=body).json()
    path, change = f"/v1/subscriptions/{started['id']}", payloads.adjustment(1490, SOON)
    assert kept.call("POST", "/v1/subscriptions/{id}", path, change).json()["amount"] == 1490
    found = kept.call("GET", "/v1/subscriptions", "/v1/subscriptions?reference=sub_1&from_number=1").json()
    assert found["data"][0]["ends_at"] is not None
    day = datetime.now(UTC).date()
    report = kept.call("GET", "/v1/reports/{day}", f"/v1/reports/{day}").json()
    assert "att_s" in {line["reference"] for line in report["lines"]}
