"""Payment links in a browser without script: where they lead, and what is said when they lead nowhere."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.statuses import AttemptStatus
from app.models import CheckoutSession, db, utc_now
from app.services import attempts, link_addresses, payment_links, rule_sets
from providers.interface import ChargeState
from tests.support.customer import methods_on, words_of
from tests.support.flow import DECLINED, attempts_of, let_time_pass, pay, told
from tests.support.links import end, follow, new_link, stored
from tests.support.rows import row_counts
from tests.support.sandbox import SandboxService

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


def path_of(link_id: str) -> str:
    return f"/link/{link_addresses.token_of(link_id)}"


def session_in(reply: TestResponse) -> str:
    assert reply.status_code == 303, reply.text
    return urlsplit(reply.location).path.split("/")[2]


def test_a_link_leads_to_the_payment_page_in_the_customers_language(app: Flask) -> None:
    with app.app_context():
        link = new_link(locale="de")
        path = path_of(link.id)
    client = app.test_client()
    page = client.get(path, follow_redirects=True)
    assert page.status_code == 200
    assert 'lang="de"' in page.text
    assert methods_on(page)
    assert "accept_terms" in page.text
    assert "Set-Cookie" not in client.get(path).headers, "there is one session for everybody"
    with app.app_context():
        assert stored(link.id).opened_count == 2


def test_one_visitor_who_floods_a_link_keeps_nobody_else_from_it(app: Flask) -> None:
    with app.app_context():
        path = path_of(new_link(max_payments=2).id)
    client = app.test_client()
    seen = [client.head(path).status_code for _ in range(61)]
    assert seen == [200] * 60 + [429]
    assert client.head(path, environ_base={"REMOTE_ADDR": "203.0.113.7"}).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}]
)
def test_looking_ahead_neither_counts_nor_opens_anything(app: Flask, headers: dict[str, str]) -> None:
    with app.app_context():
        link_id = new_link().id
        path, before = path_of(link_id), row_counts()
    client = app.test_client()
    assert client.head(path).status_code == 200
    assert client.get(path, headers=headers).status_code == 503
    with app.app_context():
        assert row_counts() == before
        assert stored(link_id).opened_at is None
        payment_links.revoke(link_id, actor="tester")
    assert client.head(path).status_code == 410


def test_a_visitor_of_a_reusable_link_keeps_their_session_by_a_cookie(app: Flask) -> None:
    with app.app_context():
        link = new_link(max_payments=3)
        path = path_of(link.id)
    ada, bob = app.test_client(), app.test_client()
    first = ada.get(path)
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert f"Path={path}" in cookie
    assert session_in(ada.get(path)) == session_in(first)
    assert session_in(bob.get(path)) != session_in(first)


def test_terms_that_were_accepted_before_are_not_asked_again(app: Flask) -> None:
    with app.app_context():
        path = path_of(new_link(accept_terms=True).id)
    client = app.test_client()
    page = client.get(path, follow_redirects=True)
    assert 'name="accept_terms"' not in page.text
    assert "You accepted the terms of Aurora Shop on" in words_of(page)
    reply = client.post(f"{page.request.path}/pay", data={"method": "card"})
    assert (reply.status_code, "/pay/ch_" in reply.location) == (303, True)


@pytest.fixture
def one_way(app: Flask) -> None:
    """Rules that leave one method with one provider to whoever pays by link."""
    card = {"strategy": "ordered", "accounts": [{"account": "sandbox_north"}]}
    rules = {
        "rules": [
            {
                "id": "rule_by_link",
                "name": "By link",
                "enabled": True,
                "when": {"all": [{"attribute": "flow", "operator": "equals", "value": "pay_by_link"}]},
                "offer": {"methods": [{"method": "card", "providers": card}]},
            }
        ],
        "adjustments": [],
        "default": {"methods": [{"method": "paypal", "providers": card}]},
    }
    with app.app_context():
        rule_sets.publish(rules, author="tester")


def test_with_one_way_to_pay_a_link_leads_straight_to_the_provider(
    app: Flask, sandbox: SandboxService, one_way: None
) -> None:
    with app.app_context():
        link = new_link(accept_terms=True)
        path, link_id = path_of(link.id), link.id
    client = app.test_client()
    reply = client.get(path)
    assert (reply.status_code, "/pay/ch_" in reply.location) == (303, True)
    again = client.get(path)
    session_id = session_in(again)
    with app.app_context():
        (attempt,) = attempts_of(session_id)
        assert attempt.status == AttemptStatus.PENDING
    back = urlsplit(sandbox.press(reply.location, "approve"))
    result = client.get(back.path, follow_redirects=True)
    assert "Payment received" in words_of(result)
    assert "You can close this page" in words_of(result)
    assert "Return to" not in words_of(result)
    assert "Payment received" in words_of(client.get(path, follow_redirects=True))
    with app.app_context():
        assert stored(link_id).paid_count == 1


def test_a_customer_who_was_declined_is_told_before_they_go_on(app: Flask, one_way: None) -> None:
    with app.app_context():
        link = new_link(accept_terms=True)
        attempt = pay(follow(link))
        attempts.apply_failure(attempt.id, DECLINED, actor="tester")
        path = path_of(link.id)
    page = app.test_client().get(path, follow_redirects=True)
    assert "Your payment was declined" in words_of(page)


def test_without_accepted_terms_one_way_to_pay_is_still_asked(app: Flask, one_way: None) -> None:
    with app.app_context():
        path = path_of(new_link().id)
    assert methods_on(app.test_client().get(path, follow_redirects=True)) == ["card"]


def test_a_link_that_is_over_says_what_to_do(app: Flask) -> None:
    with app.app_context():
        revoked, expired, paid = new_link(), new_link(locale="it"), new_link(max_payments=1)
        reused = new_link(max_payments=2)
        payment_links.revoke(revoked.id, actor="tester")
        end(expired.id)
        for link, times in ((paid, 1), (reused, 2)):
            for _ in range(times):
                attempt = pay(follow(link))
                attempts.apply_charge(attempt.id, told(attempt, ChargeState.SUCCEEDED), actor="tester")
        paths = [path_of(link.id) for link in (revoked, expired, reused, paid)]
    client = app.test_client()
    said = [client.get(path) for path in paths[:3]]
    assert [reply.status_code for reply in said] == [410, 410, 410]
    assert "This link is no longer valid" in words_of(said[0])
    assert "ask Aurora Shop for a new link" in words_of(said[0])
    assert 'lang="it"' in said[1].text
    assert "This link has been paid" in words_of(said[2])
    assert "Payment received" in words_of(client.get(paths[3], follow_redirects=True)), "who paid sees that they paid"


@pytest.mark.parametrize("token", ["x", "plink_1.abc", "plink_" + "0" * 32 + ".AAAA", "%F0%9F%92%B6", "a" * 3000])
def test_a_forged_address_is_not_found_in_the_browsers_language(client: FlaskClient, token: str) -> None:
    reply = client.get(f"/link/{token}", headers={"Accept-Language": "en"})
    assert reply.status_code == 404
    assert "This link does not work" in words_of(reply)


def test_paying_by_a_link_that_was_revoked_or_is_in_use_meanwhile(app: Flask) -> None:
    with app.app_context():
        link, busy = new_link(max_payments=2), new_link(max_payments=2)
        session_id, waiting = follow(link), follow(busy)
        link_id = link.id
        for _ in range(2):
            pay(follow(busy))
    client = app.test_client()
    form = {"method": "card", "accept_terms": "yes"}
    reply = client.post(f"/checkout/{waiting}/pay", data=form)
    assert (reply.status_code, "try again in a few minutes" in words_of(reply)) == (409, True)
    with app.app_context():
        payment_links.revoke(link_id, actor="tester")
    page = client.post(f"/checkout/{session_id}/pay", data=form)
    assert page.status_code == 410
    assert "ask Aurora Shop for a new link" in words_of(page)


def test_a_session_that_expired_leads_back_to_its_link(app: Flask) -> None:
    with app.app_context():
        link = new_link()
        session_id = follow(link)
        let_time_pass(session_id)
        path = path_of(link.id)
    page = app.test_client().get(f"/checkout/{session_id}")
    assert page.status_code == 410
    assert f'href="http://localhost{path}"' in page.text
    assert "Back to" not in words_of(page), "there is no shop to go back to"


def test_the_session_ends_with_the_link(app: Flask) -> None:
    with app.app_context():
        link = new_link(expires_at=utc_now() + timedelta(minutes=10))
        session = db.session.get_one(CheckoutSession, follow(link))
        assert session.expires_at == link.expires_at
