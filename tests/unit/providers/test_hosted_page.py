"""The hosted payment page: what it says, what its buttons do, and that they do it once."""

import pytest
from werkzeug.test import Client

from tests.unit.providers.support import new_charge, state_of


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "written"),
    [
        (4990, "EUR", "it-IT", "49,90\N{NO-BREAK SPACE}€"),
        (123456, "EUR", "de", "1.234,56\N{NO-BREAK SPACE}€"),
        (4990, "GBP", "en-GB", "£49.90"),
        (4990, "JPY", "en", "¥4,990"),
        (4990, "KWD", "en", "KWD4.990"),
        (4990, "EUR", "xx-nonsense-☃", "€49.90"),
    ],
)
def test_the_amount_is_written_for_the_customers_locale(client: Client, amount, currency, locale, written):
    charge = new_charge(client, amount=amount, currency=currency, locale=locale)
    assert f"</span> {written}</h1>" in client.get(f"/pay/{charge['id']}").text


def test_it_says_what_it_is_and_needs_no_script(client: Client):
    page = client.get(f"/pay/{new_charge(client)['id']}").text
    assert "no money moves" in page
    assert "Order 7" in page
    assert "No card number is needed" in page
    assert "<script" not in page
    assert "style=" not in page
    for outcome in ("approve", "decline", "pending", "cancel"):
        assert f'name="outcome" value="{outcome}"' in page


def test_what_the_merchant_sends_is_escaped(client: Client):
    charge = new_charge(client, merchant_reference="<script>alert(1)</script>", description='"><img src=x>')
    page = client.get(f"/pay/{charge['id']}").text
    assert "<script" not in page
    assert "<img" not in page


def test_its_policy_lets_the_form_lead_back_to_the_shop_and_nowhere_else(client: Client):
    charge = new_charge(client, return_url="https://shop.example:8443/back")
    policy = client.get(f"/pay/{charge['id']}").headers["Content-Security-Policy"]
    assert "form-action 'self' https://shop.example:8443;" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    ("outcome", "state", "ending"),
    [
        ("approve", "succeeded", "Payment approved"),
        ("decline", "failed", "Payment declined"),
        ("pending", "pending", "Payment pending"),
        ("cancel", "failed", "Payment cancelled"),
    ],
)
def test_a_button_decides_once_and_leads_back(client: Client, outcome: str, state: str, ending: str):
    charge = new_charge(client)
    page = f"/pay/{charge['id']}"
    back = f"https://shop.example/back?order=7&attempt={charge['reference']}"
    for press in (outcome, "approve", "decline", "cancel", "pending"):
        reply = client.post(page, data={"outcome": press})
        assert (reply.status_code, reply.headers["Location"]) == (303, back)
        assert state_of(client, charge) == state
    after = client.get(page).text
    assert ending in after
    assert f'href="{back.replace("&", "&amp;")}"' in after
    assert "<form" not in after


def test_an_attempt_already_in_the_return_address_stays_as_it_is(client: Client):
    charge = new_charge(client, return_url="https://shop.example/back?attempt=att_own&x=")
    reply = client.post(f"/pay/{charge['id']}", data={"outcome": "approve"})
    assert reply.headers["Location"] == "https://shop.example/back?attempt=att_own&x="


def test_strong_authentication_asks_for_a_confirmation_first(client: Client):
    charge = new_charge(client, strong_authentication=True)
    page = f"/pay/{charge['id']}"
    assert "Confirm it's you" in client.get(page).text
    for outcome in ("approve", "pending"):
        reply = client.post(page, data={"outcome": outcome})
        assert reply.status_code == 422
        assert "Tick the box first" in reply.text
        assert state_of(client, charge) == "pending"
    assert client.post(page, data={"outcome": "approve", "confirmed": "yes"}).status_code == 303
    assert state_of(client, charge) == "succeeded"


def test_declining_needs_no_confirmation(client: Client):
    charge = new_charge(client, strong_authentication=True)
    assert client.post(f"/pay/{charge['id']}", data={"outcome": "decline"}).status_code == 303
    assert state_of(client, charge) == "failed"


@pytest.mark.parametrize("outcome", ["", "steal", "succeeded"])
def test_an_outcome_that_is_not_offered_changes_nothing(client: Client, outcome: str):
    charge = new_charge(client)
    reply = client.post(f"/pay/{charge['id']}", data={"outcome": outcome})
    assert reply.status_code == 400
    assert "Choose one of the buttons" in reply.text
    assert state_of(client, charge) == "pending"


def test_looking_at_the_page_changes_nothing(client: Client):
    charge = new_charge(client)
    client.get(f"/pay/{charge['id']}?outcome=approve")
    assert state_of(client, charge) == "pending"


def test_a_page_that_does_not_exist(client: Client):
    assert client.get("/pay/ch_unknown").status_code == 404
    assert client.post("/pay/ch_unknown", data={"outcome": "approve"}).status_code == 404


def test_the_home_page_shows_charges_and_turns_switches(client: Client):
    new_charge(client)
    assert "Order 7" in client.get("/").text
    form = {"drop_reply": "on", "delay_seconds": "2.5"}
    assert client.post("/faults/north", data=form, headers={"Origin": "http://localhost"}).status_code == 303
    page = client.get("/").text
    assert 'name="drop_reply" checked' in page
    assert 'value="2.5"' in page
    client.post("/faults/north", data={"delay_seconds": "0"})
    assert "checked" not in client.get("/").text


@pytest.mark.parametrize(
    ("account", "form", "origin", "status"),
    [
        ("north", {"refuse": "on"}, "https://evil.example", 403),
        ("north", {"refuse": "on"}, "null", 403),
        ("east", {"refuse": "on"}, "http://localhost", 404),
        ("north", {"refuse": "on", "delay_seconds": "inf"}, "http://localhost", 422),
        ("north", {"refuse": "on", "delay_seconds": "nan"}, "http://localhost", 422),
        ("north", {"refuse": "on", "delay_seconds": "-1"}, "http://localhost", 422),
    ],
)
def test_switches_that_are_not_turned(client: Client, account, form, origin, status):
    assert client.post(f"/faults/{account}", data=form, headers={"Origin": origin}).status_code == status
    assert "checked" not in client.get("/").text
