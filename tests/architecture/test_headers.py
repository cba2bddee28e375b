"""Every page of the hub carries its policy, whoever asks and whatever goes wrong."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

POLICY = {"default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"}
ODD = ["/nothing", "/checkout/cs_none", "/admin/nothing", "/v1/nothing", "/checkout/%00", "/admin/payments/%ff"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_every_answer_carries_the_headers(app: Flask, client: FlaskClient) -> None:
    pages = [rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    assert len(pages) > 15
    html = 0
    for path in [*pages, *ODD]:
        reply = client.get(path)
        assert reply.status_code < 500, (path, reply.status_code)
        policy = {part.strip() for part in reply.headers["Content-Security-Policy"].split(";")}
        assert policy >= POLICY, (path, policy)
        assert "unsafe" not in reply.headers["Content-Security-Policy"], path
        assert reply.headers["X-Content-Type-Options"] == "nosniff", path
        assert reply.headers["Referrer-Policy"] == "same-origin", path
        html += reply.mimetype == "text/html"
    assert html > 5, "no pages were seen"


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_cookies_are_for_the_server_only(client: FlaskClient) -> None:
    for cookie in client.get("/admin/login").headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie, cookie
        assert "SameSite=Lax" in cookie, cookie
